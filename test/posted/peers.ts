import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { EncoderName } from "./encoder.ts";

/** What an encoder plays, and where it publishes. */
export interface SenderOptions {
  readonly url: string;
  readonly token: string;
  /** Annex B: a clip that begins with a key frame, played over and over. */
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly framerate: number;
  readonly encoder: EncoderName;
}

/** A picture has left. */
export interface Played {
  readonly frame: number;
  /** When it was given to the encoder, in milliseconds since 1970. */
  readonly atMs: number;
}

/** Whose video is read, and where its access units are stored. */
export interface ReaderOptions {
  /** Of the stage. */
  readonly url: string;
  readonly path: string;
  readonly token: string;
  readonly file: string;
}

/** What has come to a reader of video. */
export interface VideoReading {
  /** Access units that came whole: RTP timestamp, and when the last packet came, in milliseconds since 1970. */
  readonly accessUnits: readonly (readonly [rtpTimestamp: number, atMs: number])[];
  /** Those that did not come whole. */
  readonly broken: number;
  /** Messages in the order in which they were told. */
  readonly ids: readonly string[];
  /** Payloads of UDP so far: RTP header, payload and SRTP's tag. */
  readonly bytes: number;
  readonly packets: number;
  readonly errors: readonly string[];
}

/** A process of this laboratory. It ends when it is disposed of. */
export class Peer<Answer> implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  constructor(module: string, options: object) {
    this.#child = fork(join(import.meta.dirname, module), [JSON.stringify(options)], {
      execArgv: ["--conditions=@inband/source"],
    });
    this.#exited = once(this.#child, "exit");
  }

  onAnswer(listener: (answer: Answer) => void): void {
    this.#child.on("message", (answer) => listener(answer as Answer));
  }

  /** Resolves with what it says next. */
  async next(): Promise<Answer> {
    const ended = this.#exited.then(() => Promise.reject(new Error("a peer has ended early")));
    const [answer] = (await Promise.race([once(this.#child, "message"), ended])) as [Answer];
    return answer;
  }

  ask(): Promise<Answer> {
    const answer = this.next();
    this.#child.send("report");
    return answer;
  }

  /** Has it end in good order. */
  async end(): Promise<void> {
    this.#child.send("end");
    await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#exited;
  }
}
