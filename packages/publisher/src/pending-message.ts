import type { SentReport } from "./carrier.ts";
import type { Part } from "./part.ts";
import type { CarrierReceipt, Receipt } from "./receipt.ts";

/** A message from `publish` until it expires. */
export class PendingMessage {
  readonly id: string;
  readonly topic: string | undefined;
  readonly sequence: number;
  readonly parts: readonly Part[];
  readonly bytes: number;
  readonly priority: number;
  readonly expiresAtMs: number;
  readonly sent: Promise<Receipt>;
  /** Carriers, by their attachment, that have not reported. */
  readonly waiting: Set<object> = new Set();
  readonly reports: { readonly name: string; readonly report: SentReport }[] = [];
  /** Why the publisher gave it up, once it has. */
  givenUp: "cancelled" | "dropped" | undefined;
  isSettled = false;
  /** Counts messages in the order of publishing. */
  order = 0;
  /** By the clock of `Part.expiresAtMs`. */
  publishedAtMs = 0;
  /** Stops listening to the signal that cancels it; undefined without one. */
  release: (() => void) | undefined;
  readonly #resolve: (receipt: Receipt) => void;

  constructor(parts: readonly Part[], topic: string | undefined, sequence: number) {
    const first = parts[0] as Part;
    this.id = first.messageId;
    this.topic = topic;
    this.sequence = sequence;
    this.parts = parts;
    this.bytes = parts.reduce((sum, { payload }) => sum + payload.length, 0);
    this.priority = first.priority;
    this.expiresAtMs = first.expiresAtMs;
    let settle: (receipt: Receipt) => void = () => {};
    this.sent = new Promise((resolve) => {
      settle = resolve;
    });
    this.#resolve = settle;
  }

  /** What a carrier is offered that comes now: where the message has left already, its age counts from then. */
  get partsForLatecomer(): readonly Part[] {
    const hasLeft = this.reports.some(({ report }) => report.outcome === "sent");
    return hasLeft ? this.parts.map((part) => ({ ...part, leftAtMs: this.publishedAtMs })) : this.parts;
  }

  settle(): Receipt {
    this.isSettled = true;
    this.waiting.clear();
    const carriers: CarrierReceipt[] = [];
    for (const { name, report } of this.reports) {
      for (const { stream, copies, bytes, rtpTimestamps } of report.streams) {
        carriers.push({ name, stream, copies, bytes, rtpTimestamps });
      }
    }
    const receipt: Receipt = { id: this.id, outcome: this.#outcome(), carriers };
    this.#resolve(receipt);
    return receipt;
  }

  #outcome(): Receipt["outcome"] {
    if (this.reports.some(({ report }) => report.outcome === "sent")) return "sent";
    return this.givenUp ?? this.reports[0]?.report.outcome ?? "expired";
  }
}
