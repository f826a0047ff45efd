import { EncodedStream, type Reached } from "./encoded-stream.ts";
import type { OutgoingFrame } from "./outgoing-frame.ts";
import type { StreamBudget } from "./stream-budget.ts";
import type { OutboxOwner, StreamOutbox } from "./stream-outbox.ts";

/** Publishers that have left and whose last heartbeat has yet to leave; more than leave within a second. */
const maxLeaving = 16;

/** Shared by every `take` that finds nothing. */
const noNals: readonly Uint8Array[] = [];

/**
 * One encoded stream of a carrier, and what its access units take along of every publisher.
 *
 * For each access unit: `take`, insert what it returns, then exactly one of `commit` (the access unit left) and
 * `rollback` (it did not: nothing is spent on it). A `take` without either before the next one counts as rolled back.
 */
export interface CarrierStream {
  readonly name: string;
  /** Messages of which copies wait, those for key frames included; retained ones and heartbeats are not counted. */
  readonly size: number;
  /**
   * The SEI NAL units of all publishers for this access unit, fresh and escaped, within the limits. A shared empty array
   * when nothing waits. Never throws: the publisher whose messages cannot be inserted is told.
   */
  take(frame: OutgoingFrame): readonly Uint8Array[];
  commit(): void;
  rollback(): void;
  /** The stream has ended: its copies are given up, and no message waits for it any more. */
  close(): void;
}

/** What a stream needs of its carrier. */
export interface SharedStreamOwner {
  clock(): number;
  readonly reached?: Reached;
  /** The messages of an outbox could not be inserted. */
  failed(outbox: StreamOutbox, thrown: unknown): void;
  closed(stream: SharedStream): void;
}

/** A stream that several publishers share: each has an outbox, asked in the order of attachment. */
export class SharedStream implements CarrierStream {
  readonly encoded: EncodedStream;
  readonly #owner: SharedStreamOwner;
  #attached: readonly StreamOutbox[] = [];
  #leaving: readonly StreamOutbox[] = [];
  #taken: StreamOutbox[] = [];

  constructor(name: string, budget: StreamBudget, owner: SharedStreamOwner) {
    this.encoded = new EncodedStream(name, budget, owner.reached);
    this.#owner = owner;
  }

  get name(): string {
    return this.encoded.name;
  }

  get size(): number {
    return this.#attached.reduce((sum, { size }) => sum + size, 0);
  }

  attach(outbox: StreamOutbox): void {
    this.#attached = [...this.#attached, outbox];
  }

  /** A publisher leaves: what its outbox still has goes behind what the others have. */
  detach(owner: OutboxOwner): void {
    const leaving = this.#attached.filter((outbox) => outbox.owner === owner);
    this.#attached = this.#attached.filter((outbox) => outbox.owner !== owner);
    this.#leaving = [...this.#leaving, ...leaving].slice(-maxLeaving);
  }

  /** The carrier is closed: nothing is taken along any more. */
  clear(): void {
    this.#attached = [];
    this.#leaving = [];
    this.#taken = [];
  }

  take(frame: OutgoingFrame): readonly Uint8Array[] {
    this.rollback();
    const nowMs = this.#owner.clock();
    let nals = this.#takeOf(this.#attached, frame, nowMs, noNals);
    if (this.#leaving.length > 0) {
      this.#leaving = this.#leaving.filter((outbox) => !outbox.hasEnded(nowMs));
      nals = this.#takeOf(this.#leaving, frame, nowMs, nals);
    }
    this.encoded.lastFrameAtMs = nowMs;
    return nals;
  }

  commit(): void {
    if (this.#taken.length === 0) return;
    const nowMs = this.#owner.clock();
    for (const outbox of this.#taken) {
      try {
        outbox.commit(nowMs);
      } catch (thrown) {
        this.#owner.failed(outbox, thrown);
      }
    }
    this.#taken = [];
  }

  rollback(): void {
    if (this.#taken.length === 0) return;
    for (const outbox of this.#taken) outbox.rollback();
    this.#taken = [];
  }

  /** Receivers were heard, or are gone. */
  review(): void {
    const nowMs = this.#owner.clock();
    for (const outbox of this.#attached) outbox.review(nowMs);
  }

  close(): void {
    const nowMs = this.#owner.clock();
    const attached = this.#attached;
    this.clear();
    this.#owner.closed(this);
    for (const outbox of attached) outbox.close(nowMs);
  }

  #takeOf(
    outboxes: readonly StreamOutbox[],
    frame: OutgoingFrame,
    nowMs: number,
    before: readonly Uint8Array[],
  ): readonly Uint8Array[] {
    let all = before;
    for (const outbox of outboxes) {
      try {
        const nals = outbox.take(frame, nowMs);
        if (nals.length === 0) continue;
        this.#taken.push(outbox);
        all = all.length === 0 ? nals : [...all, ...nals];
      } catch (thrown) {
        this.#owner.failed(outbox, thrown);
      }
    }
    return all;
  }
}
