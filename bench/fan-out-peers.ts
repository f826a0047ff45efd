import { BenchProcess } from "./bench-process.ts";

/** What the bench asks of the process of the receivers. */
export type ReceiversRequest =
  | { readonly type: "offer"; readonly id: number; readonly sdp: string; readonly isProbe: boolean }
  | {
      readonly type: "count";
      /** The first message that counts. */
      readonly from: number;
    };

/** What it answers. */
export type ReceiversAnswer =
  | { readonly type: "answer"; readonly id: number; readonly sdp: string }
  | { readonly type: "counts"; readonly counts: readonly ProbeCount[] };

/** What has come to a receiver that counts. */
export interface ProbeCount {
  /** RTP packets of H.264 since it was connected. */
  readonly packets: number;
  /** Different messages. */
  readonly messages: number;
}

/** What a fan-out to so many subscribers took. */
export interface FanOutFigures {
  readonly subscribers: number;
  /** Share of real time at which the pictures were sent: below 1 where the machine carries no more. */
  readonly speed: number;
  /** Microseconds of CPU time of the sender for one packet to one subscriber: with messages, without, and so once more. */
  readonly packet: { readonly ours: number; readonly plain: number; readonly again: number };
  /** Microseconds of its CPU time for a second of video to all subscribers. */
  readonly second: { readonly ours: number; readonly plain: number };
}

/** What the process of the sender answers. */
export type FanOutReply = FanOutFigures | { readonly error: string };

/** The process of a sender, which measures by itself. */
export class SenderProcess implements AsyncDisposable {
  readonly #process: BenchProcess<number, FanOutReply>;

  constructor(carrier: "werift" | "node-datachannel") {
    this.#process = new BenchProcess("fan-out-process.ts", carrier);
  }

  async measure(subscribers: number): Promise<FanOutFigures> {
    this.#process.say(subscribers);
    const reply = await this.#process.next();
    if ("error" in reply) throw new Error(reply.error);
    return reply;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}

/** One receiver in so many counts what comes. */
const probeEvery = 10;

/** Receivers in another process, so that the CPU time of this one is that of the sender. */
export class Receivers implements AsyncDisposable {
  readonly #process = new BenchProcess<ReceiversRequest, ReceiversAnswer>("fan-out-receivers.ts");
  readonly #answered = new Map<number, (sdp: string) => void>();
  #counted: ((counts: readonly ProbeCount[]) => void) | undefined;
  #next = 0;

  constructor() {
    this.#process.onAnswer((answer) => {
      if (answer.type === "counts") this.#counted?.(answer.counts);
      else this.#answered.get(answer.id)?.(answer.sdp);
    });
  }

  /** Connects one more receiver. */
  answerTo(sdp: string): Promise<string> {
    const id = this.#next;
    this.#next += 1;
    this.#process.say({ type: "offer", id, sdp, isProbe: id % probeEvery === 0 });
    return this.#process.orEnded(new Promise((resolve) => this.#answered.set(id, resolve)));
  }

  /** What has come to those that count, in the order in which they were connected. */
  counts(from: number): Promise<readonly ProbeCount[]> {
    this.#process.say({ type: "count", from });
    return this.#process.orEnded(
      new Promise((resolve) => {
        this.#counted = resolve;
      }),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}
