import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { createStage, type Participant, type Stage, type StageOptions, type TokenOptions } from "@inband/stage/server";

/** Settings of the stage that go to its process; `secret` in hexadecimal. */
export interface StageProcessOptions
  extends Pick<StageOptions, "maxPublishers" | "maxSubscriptions" | "maxSubscriptionsPerParticipant"> {
  readonly port: number;
  readonly secret: string;
  readonly topic: string;
}

/** A report, with the garbage collected before; the use of the processor alone, at once; the end of the stage. */
export type StageProcessQuestion = "report" | "usage" | "close";

/** What the process says: where it listens, and then a report for each question. */
export type StageProcessAnswer = { readonly url: string } | { readonly report: StageReport };

/** What a stage holds. */
export interface StageReport {
  readonly participants: readonly Participant[];
  /** What keeps the process alive, by kind, as Node names it: sockets, timers. */
  readonly resources: Readonly<Record<string, number>>;
  readonly memory: {
    readonly residentBytes: number;
    /** Of V8's heap: what is reachable, and what V8 has taken from the system for it. */
    readonly heapBytes: number;
    readonly committedHeapBytes: number;
    readonly bufferBytes: number;
    readonly externalBytes: number;
  };
  /** CPU time of the process so far, in microseconds. */
  readonly cpuUs: number;
}

/** A stage in a process of its own, which can be killed, and whose memory and sockets are those of a stage alone. */
export class SeparateStage implements AsyncDisposable {
  readonly #options: StageProcessOptions;
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #issuer: Stage;
  readonly url: string;

  /** Resolves when it listens: on a free port, unless `port` names one; with a secret of its own, unless one is given. */
  static async start(options: Partial<StageProcessOptions> = {}): Promise<SeparateStage> {
    const all = { port: 0, secret: randomBytes(32).toString("hex"), topic: "test", ...options };
    const child = fork(join(import.meta.dirname, "stage-process.ts"), [JSON.stringify(all)], {
      execArgv: ["--conditions=@inband/source"],
    });
    const exited = once(child, "exit");
    const ended = exited.then(() => Promise.reject(new Error("the process of the stage has ended")));
    const [{ url }] = (await Promise.race([once(child, "message"), ended])) as [{ url: string }];
    return new SeparateStage({ ...all, port: Number(new URL(url).port) }, child, exited, url);
  }

  private constructor(options: StageProcessOptions, child: ChildProcess, exited: Promise<unknown>, url: string) {
    this.#options = options;
    this.#process = child;
    this.#exited = exited;
    this.#issuer = createStage({ secret: Buffer.from(options.secret, "hex"), topic: options.topic });
    this.url = url;
  }

  /** A token for it. */
  token(participantId: string, more: Partial<TokenOptions> = {}): Promise<string> {
    return this.#issuer.createToken({ url: this.url, participantId, ...more });
  }

  /** The stage once more, on the same port and with the same secret, after this one has ended. */
  again(): Promise<SeparateStage> {
    return SeparateStage.start(this.#options);
  }

  report(): Promise<StageReport> {
    return this.#ask("report");
  }

  /** CPU time of the process so far, in microseconds. */
  async cpuUs(): Promise<number> {
    return (await this.#ask("usage")).cpuUs;
  }

  /** Closes the stage and its server; the process goes on, and what is left in it is reported. */
  close(): Promise<StageReport> {
    return this.#ask("close");
  }

  /** Kills the process, which can say nothing to anybody. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#exited;
  }

  async #ask(question: StageProcessQuestion): Promise<StageReport> {
    const answer = once(this.#process, "message");
    this.#process.send(question);
    const ended = this.#exited.then(() => Promise.reject(new Error("the process of the stage has ended")));
    const [{ report }] = (await Promise.race([answer, ended])) as [{ report: StageReport }];
    return report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) await this.kill();
  }
}
