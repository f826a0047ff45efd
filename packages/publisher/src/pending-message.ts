import type { Message, SentReport, Shelved } from "@inband/stream";
import type { Receipt, StreamReceipt } from "./receipt.ts";

/** A message from `publish` until it expires. */
export class PendingMessage implements Shelved {
  readonly message: Message;
  readonly topic: string | undefined;
  readonly sequence: number;
  /** Before copies. */
  readonly bytes: number;
  readonly sent: Promise<Receipt>;
  /** Carriers, by their attachment, that have not reported. */
  readonly waiting: Set<object> = new Set();
  readonly #reports: { readonly carrier: string; readonly report: SentReport }[] = [];
  /** Why the publisher gave it up, once it has. */
  givenUp: "cancelled" | "dropped" | undefined;
  #isSettled = false;
  /** Counts messages in the order of publishing. */
  order = 0;
  /** By the clock of `Message.expiresAtMs`. */
  publishedAtMs = 0;
  /** Stops listening to the signal that cancels it; undefined without one. */
  release: (() => void) | undefined;
  readonly #resolve: (receipt: Receipt) => void;

  constructor(message: Message, topic: string | undefined, sequence: number) {
    this.message = message;
    this.topic = topic;
    this.sequence = sequence;
    this.bytes = message.payloads.reduce((sum, { bytes }) => sum + bytes.length, 0);
    let settle: (receipt: Receipt) => void = () => {};
    this.sent = new Promise((resolve) => {
      settle = resolve;
    });
    this.#resolve = settle;
  }

  get id(): string {
    return this.message.id;
  }

  get priority(): number {
    return this.message.priority;
  }

  get expiresAtMs(): number {
    return this.message.expiresAtMs;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Whether nothing more is to be known of it. */
  get isDone(): boolean {
    return this.waiting.size === 0 && (this.#reports.length > 0 || this.givenUp !== undefined);
  }

  /** The message as a carrier that is attached now is offered it: where it has left already, its age counts from then. */
  get messageForLatecomer(): Message {
    return this.#hasLeft() ? { ...this.message, leftAtMs: this.publishedAtMs } : this.message;
  }

  /** A carrier has said what became of it. */
  reported(carrier: string, report: SentReport): void {
    this.#reports.push({ carrier, report });
  }

  settle(): Receipt {
    this.#isSettled = true;
    this.waiting.clear();
    const streams: StreamReceipt[] = [];
    for (const { carrier, report } of this.#reports) {
      for (const { stream, copies, bytes, rtpTimestamps, isUnheard } of report.streams) {
        streams.push({ carrier, stream, copies, bytes, rtpTimestamps, ...(isUnheard && { isUnheard }) });
      }
    }
    const receipt: Receipt = { id: this.id, outcome: this.#outcome(), streams };
    this.#resolve(receipt);
    return receipt;
  }

  #outcome(): Receipt["outcome"] {
    if (this.#hasLeft()) return "sent";
    return this.givenUp ?? this.#reports[0]?.report.outcome ?? "expired";
  }

  #hasLeft(): boolean {
    return this.#reports.some(({ report }) => report.outcome === "sent");
  }
}
