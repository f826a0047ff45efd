import type { EncodedStream } from "./encoded-stream.ts";
import type { OfferedMessage } from "./offered-message.ts";
import type { OutgoingFrame } from "./outgoing-frame.ts";
import type { CarrierLimits } from "./sei-carrier.ts";
import { type CarriedPayloads, seiNalUnits } from "./sei-nal-units.ts";
import type { BudgetClaim } from "./stream-budget.ts";
import { type EntryChoice, StreamEntries } from "./stream-entries.ts";
import type { StreamEntry } from "./stream-entry.ts";
import { StreamHeartbeat } from "./stream-heartbeat.ts";
import { type RetainedChoice, StreamRetained } from "./stream-retained.ts";

/** Shared by every `take` that finds nothing. */
const noNals: readonly Uint8Array[] = [];
const noRetained: readonly RetainedChoice[] = [];

/** The publisher that an outbox belongs to. */
export interface OutboxOwner {
  readonly limits: CarrierLimits;
  /** A message has ended on a stream. */
  ended(offered: OfferedMessage, nowMs: number): void;
  /** Its messages could not be inserted. */
  failed(thrown: unknown): void;
}

/**
 * The messages of one publisher that wait for access units of one encoded stream. It is where the frames are.
 *
 * For each access unit: `take`, insert what it returns, then exactly one of `commit` (the access unit left) and
 * `rollback` (it did not: nothing is spent on it). A `take` without either before the next one counts as rolled back.
 */
export class StreamOutbox {
  readonly owner: OutboxOwner;
  readonly #stream: EncodedStream;
  readonly #entries: StreamEntries;
  readonly #heartbeat = new StreamHeartbeat();
  readonly #retained = new StreamRetained();
  #choices: EntryChoice[] = [];
  #heartbeatChoice: OfferedMessage | undefined;
  #retainedChoices = noRetained;
  #frame: OutgoingFrame | undefined;
  #claim: BudgetClaim | undefined;

  constructor(stream: EncodedStream, owner: OutboxOwner) {
    this.#stream = stream;
    this.#entries = new StreamEntries(stream);
    this.owner = owner;
  }

  /** Messages of which copies wait, those for key frames included; standing ones are not counted. */
  get size(): number {
    return this.#entries.size;
  }

  /** The SEI NAL units to insert into this access unit, fresh and escaped, within the limits. */
  take(frame: OutgoingFrame, nowMs: number): readonly Uint8Array[] {
    this.rollback();
    this.#tell(this.#entries.expire(nowMs, frame), nowMs);
    if (frame.isKeyFrame) this.#entries.dropKeyFrameCopies(nowMs);
    const heartbeat = this.#heartbeat.due(frame, nowMs);
    const isRetainedDue = this.#retained.isDue(frame);
    if (this.size === 0 && heartbeat === undefined && !isRetainedDue) return noNals;
    const { limits } = this.owner;
    const { budget } = this.#stream;
    this.#frame = frame;
    this.#choose(frame, budget.left(frame.rtpTimestamp, limits, nowMs), heartbeat, nowMs);
    const carried = this.#carried(frame, nowMs);
    if (carried.length === 0) return noNals;
    const nals = seiNalUnits(carried);
    this.#claim = budget.claim(
      limits,
      nals.reduce((sum, nal) => sum + nal.length, 0),
    );
    return nals;
  }

  /** The access unit of the last `take` left. */
  commit(nowMs: number): void {
    const frame = this.#frame;
    const claim = this.#claim;
    if (frame === undefined || claim === undefined) return;
    const choices = this.#choices;
    const heartbeat = this.#heartbeatChoice;
    const retained = this.#retainedChoices;
    this.#forget();
    this.#stream.budget.spend(claim, nowMs);
    const ended = this.#entries.left(choices, frame, nowMs);
    for (const { entry, isKeyFrameCopy } of choices) {
      if (!isKeyFrameCopy) this.#retained.originalLeft(entry.offered.id, frame, nowMs);
    }
    if (heartbeat !== undefined) this.#heartbeat.left(heartbeat, nowMs);
    for (const choice of retained) this.#retained.left(choice, frame, nowMs);
    this.#tell(ended, nowMs);
  }

  /** The access unit of the last `take` did not leave: everything that was taken still waits. */
  rollback(): void {
    if (this.#claim !== undefined) this.#stream.budget.giveBack(this.#claim);
    this.#forget();
  }

  /** Takes a message. */
  add(offered: OfferedMessage): void {
    this.#entries.add(offered);
  }

  /** Takes a standing message. */
  stand(offered: OfferedMessage): void {
    if (offered.message.standing === "heartbeat") this.#heartbeat.set(offered);
    else this.#retained.add(offered);
  }

  /** Gives up the copies of a message that have not left. The owner is not told. */
  withdraw(messageId: string): void {
    this.#heartbeat.withdraw(messageId);
    this.#retained.withdraw(messageId);
    this.#entries.withdraw(messageId);
  }

  /** Receivers were heard, or are gone. */
  review(nowMs: number): void {
    this.#tell(this.#entries.review(nowMs), nowMs);
  }

  /** Drops what has expired. */
  sweep(nowMs: number): void {
    this.#tell(this.#entries.expire(nowMs), nowMs);
    this.#entries.dropKeyFrameCopies(nowMs);
  }

  /** The stream has ended: its copies are given up, and no message waits for it any more. */
  close(nowMs: number): void {
    this.rollback();
    this.#heartbeat.clear();
    this.#retained.clear();
    this.#tell(this.#entries.giveUp(), nowMs);
  }

  /** The publisher leaves: everything but its last heartbeat is given up. The owner is not told. */
  end(): void {
    this.rollback();
    this.#entries.giveUp();
    this.#retained.clear();
    this.#heartbeat.end();
  }

  /** Whether nothing leaves any more, after `end`. */
  hasEnded(nowMs: number): boolean {
    return this.#heartbeat.hasEnded(nowMs);
  }

  #tell(ended: readonly StreamEntry[], nowMs: number): void {
    for (const { offered } of ended) this.owner.ended(offered, nowMs);
  }

  #forget(): void {
    this.#frame = undefined;
    this.#claim = undefined;
    this.#heartbeatChoice = undefined;
    this.#retainedChoices = noRetained;
    if (this.#choices.length > 0) this.#choices = [];
  }

  /**
   * What messages leave of the budget goes to a heartbeat, to retained messages, and on key frames to copies of what was
   * sent. Retained messages have their turn before those copies: they are older, and a receiver that begins here reads
   * them first.
   */
  #choose(frame: OutgoingFrame, budget: number, heartbeat: OfferedMessage | undefined, nowMs: number): void {
    let left = this.#entries.choose(budget, this.#choices);
    if (heartbeat !== undefined && heartbeat.cost <= left) {
      this.#heartbeatChoice = heartbeat;
      left -= heartbeat.cost;
    }
    this.#retainedChoices = this.#retained.choose(frame, left, this.owner.limits, nowMs);
    for (const { cost } of this.#retainedChoices) left -= cost;
    if (frame.isKeyFrame) this.#entries.chooseForKeyFrame(left, this.#choices);
  }

  #carried(frame: OutgoingFrame, nowMs: number): CarriedPayloads[] {
    const carried: CarriedPayloads[] = this.#retainedChoices.slice();
    const heartbeat = this.#heartbeatChoice;
    if (heartbeat !== undefined) carried.push({ offered: heartbeat, first: 0, count: heartbeat.count, age: 0 });
    for (const { entry, first, count } of this.#choices) {
      carried.push({ offered: entry.offered, first, count, age: entry.age(frame, nowMs) });
    }
    return carried;
  }
}
