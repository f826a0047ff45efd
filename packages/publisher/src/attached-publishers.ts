import { asError } from "./as-error.ts";
import { type CarrierEvents, type CarrierLimits, defaultCarrierLimits, type OpenCarrier } from "./carrier.ts";
import type { OutgoingFrame } from "./frame.ts";
import type { Outbox } from "./outbox.ts";
import { Outboxes } from "./outboxes.ts";
import { StreamBudgets } from "./stream-budget.ts";

/** Shared by all `take` calls that find nothing. */
const noNals: readonly Uint8Array[] = [];

/** Publishers that have left and whose last heartbeat is still to leave; more than leave within a second. */
const maxLeaving = 16;

interface Attached {
  readonly events: CarrierEvents;
  readonly outboxes: Outboxes;
  readonly outbox: Outbox;
}

/**
 * The publishers that have opened a carrier of one encoded stream, each with its own outbox. They share its bytes in the
 * order of attachment.
 */
export class AttachedPublishers {
  readonly #stream: string;
  readonly #budgets: StreamBudgets;
  readonly #attached = new Set<Attached>();
  readonly #leaving = new Set<Attached>();
  #taken: Attached[] = [];
  #failures = 0;
  #closed = false;

  constructor(stream: string, limits: CarrierLimits = defaultCarrierLimits) {
    this.#stream = stream;
    this.#budgets = new StreamBudgets(limits);
  }

  /** Access units that left without the messages of a publisher, and other failures that were reported. */
  get failures(): number {
    return this.#failures;
  }

  open(events: CarrierEvents, limits: CarrierLimits): OpenCarrier {
    const outboxes = new Outboxes({ limits, events, budgets: this.#budgets });
    const attached: Attached = { events, outboxes, outbox: outboxes.stream(this.#stream) };
    if (this.#closed) outboxes.close();
    else this.#attached.add(attached);
    return {
      offer: (parts) => outboxes.offer(parts),
      withdraw: (messageId) => outboxes.withdraw(messageId),
      [Symbol.dispose]: () => {
        if (this.#attached.delete(attached)) this.#leave(attached);
      },
    };
  }

  /** The SEI NAL units of all publishers for this access unit. Exactly one of `commit` and `rollback` follows. */
  take(frame: OutgoingFrame): readonly Uint8Array[] {
    let all = noNals;
    for (const attached of this.#leaving) if (attached.outboxes.hasEnded) this.#leaving.delete(attached);
    for (const attached of this.#leaving.size === 0 ? this.#attached : [...this.#attached, ...this.#leaving]) {
      try {
        const nals = attached.outbox.take(frame);
        this.#taken.push(attached);
        if (nals.length > 0) all = all.length === 0 ? nals : [...all, ...nals];
      } catch (error) {
        this.#failures++;
        attached.events.failed(asError(error));
      }
    }
    return all;
  }

  /** The access unit left with what was taken. */
  commit(): void {
    this.#settle("commit");
  }

  /** It did not: all that was taken waits on. */
  rollback(): void {
    this.#settle("rollback");
  }

  keyFrameRequest(): void {
    for (const { events } of this.#attached) events.keyFrameRequest();
  }

  bitrate(bitsPerSecond: number): void {
    for (const { events } of this.#attached) events.bitrate(bitsPerSecond);
  }

  failed(thrown: unknown): void {
    this.#failures++;
    for (const { events } of this.#attached) events.failed(asError(thrown));
  }

  /** Gives up what waits, and all that is offered from now on. */
  close(): void {
    this.#closed = true;
    for (const { outboxes } of this.#attached) outboxes.close();
    this.#attached.clear();
    this.#leaving.clear();
  }

  #leave(attached: Attached): void {
    attached.outboxes.close();
    this.#leaving.add(attached);
    const [oldest] = this.#leaving;
    if (this.#leaving.size > maxLeaving && oldest !== undefined) this.#leaving.delete(oldest);
  }

  #settle(how: "commit" | "rollback"): void {
    if (this.#taken.length === 0) return;
    for (const { outbox, events } of this.#taken) {
      try {
        outbox[how]();
      } catch (error) {
        this.#failures++;
        events.failed(asError(error));
      }
    }
    this.#taken = [];
  }
}
