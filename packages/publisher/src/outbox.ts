import type { CarrierLimits } from "./carrier.ts";
import type { OutgoingFrame } from "./frame.ts";
import type { OfferedMessage } from "./offered-message.ts";
import { OutboxEntry } from "./outbox-entry.ts";
import { type CarriedParts, seiNalUnits } from "./sei-nal-units.ts";
import { type StandingChoice, StandingMessages } from "./standing-messages.ts";
import type { BudgetClaim, StreamBudget } from "./stream-budget.ts";

/** Messages that a silent stream keeps beyond those that are still reported on, and copies kept for key frames. */
const maxLateMessages = 256;

/** A stream that has had no access unit for this long does not flow, and nothing waits for it. */
export const silentAfterMs = 1000;

const none: readonly Uint8Array[] = [];

/** What an outbox tells the outboxes it belongs to. */
export interface OutboxOwner {
  readonly limits: CarrierLimits;
  now(): number;
  /** Messages ended on the stream. */
  ended(): void;
  /** The carrier has dropped the stream. */
  closed(outbox: Outbox): void;
}

interface Choice {
  readonly entry: OutboxEntry;
  readonly firstPart: number;
  count: number;
  bytes: number;
  readonly isKeyFrameCopy: boolean;
}

/**
 * The messages that wait for access units of one encoded stream. It lives beside the frames.
 *
 * For each access unit: `take`, insert what it returns, then exactly one of `commit` (the access unit left) and
 * `rollback` (it did not: nothing is spent on it). A `take` without either before the next one counts as rolled back.
 */
export class Outbox {
  /** The stream it serves, as `Outboxes.stream` was told. */
  readonly name: string;
  readonly #owner: OutboxOwner;
  readonly #budget: StreamBudget;
  readonly #standing = new StandingMessages();
  #entries: OutboxEntry[] = [];
  /** Sent, waiting for key frames. */
  #keyFrameEntries: OutboxEntry[] = [];
  #choices: Choice[] = [];
  #standingChoices: StandingChoice[] = [];
  #frame: OutgoingFrame | undefined;
  #claim: BudgetClaim | undefined;
  #lastFrameAtMs = Number.NEGATIVE_INFINITY;

  /** Called by `Outboxes.stream` alone. */
  constructor(name: string, owner: OutboxOwner, budget: StreamBudget) {
    this.name = name;
    this.#owner = owner;
    this.#budget = budget;
  }

  /** When the last access unit came, in milliseconds; -Infinity before the first. */
  get lastFrameAtMs(): number {
    return this.#lastFrameAtMs;
  }

  /** Messages of which copies wait, those for key frames included; what stands until it is withdrawn is not counted. */
  get size(): number {
    return this.#entries.length + this.#keyFrameEntries.length;
  }

  /**
   * The SEI NAL units to insert into this access unit, fresh and escaped, within the limits of the carrier. A shared
   * empty array when nothing waits.
   */
  take(frame: OutgoingFrame): readonly Uint8Array[] {
    this.rollback();
    const nowMs = this.#owner.now();
    this.#expire(nowMs);
    if (frame.isKeyFrame) this.#sweepKeyFrameEntries(nowMs);
    this.#lastFrameAtMs = nowMs;
    const isStandingDue = this.#standing.isDue(frame, nowMs);
    if (this.size === 0 && !isStandingDue) return none;
    this.#frame = frame;
    const { limits } = this.#owner;
    this.#choose(frame, this.#budget.left(frame.rtpTimestamp, limits, nowMs), nowMs);
    if (this.#choices.length === 0 && this.#standingChoices.length === 0) return none;
    const nals = this.#build(frame, nowMs);
    this.#claim = this.#budget.claim(
      limits,
      nals.reduce((sum, nal) => sum + nal.length, 0),
    );
    return nals;
  }

  /** The access unit of the last `take` left. */
  commit(): void {
    const frame = this.#frame;
    const claim = this.#claim;
    const choices = this.#choices;
    const standingChoices = this.#standingChoices;
    this.#frame = undefined;
    this.#claim = undefined;
    this.#choices = [];
    this.#standingChoices = [];
    if (frame === undefined || claim === undefined) return;
    const nowMs = this.#owner.now();
    this.#budget.spend(claim, nowMs);
    let ended = false;
    for (const { entry, count, bytes, isKeyFrameCopy } of choices) {
      if (isKeyFrameCopy) entry.keyFrameCopiesLeft -= 1;
      else if (entry.outcome === undefined) {
        entry.left(count, bytes, frame, nowMs);
        this.#standing.originalLeft(entry.message.id, frame, nowMs);
        ended ||= entry.outcome !== undefined;
      }
    }
    for (const choice of standingChoices) this.#standing.left(choice, frame, nowMs);
    if (frame.isKeyFrame) this.#sweepKeyFrameEntries(nowMs);
    if (ended) this.#letGo();
  }

  /** The access unit of the last `take` did not leave: all that was taken waits on. */
  rollback(): void {
    this.#frame = undefined;
    if (this.#claim !== undefined) this.#budget.giveBack(this.#claim);
    this.#claim = undefined;
    if (this.#choices.length > 0) this.#choices = [];
    if (this.#standingChoices.length > 0) this.#standingChoices = [];
  }

  /** Says that the stream has ended: its copies are given up, and messages no longer wait for it. */
  close(): void {
    this.#giveUp();
    this.#standing.clear();
    this.#owner.closed(this);
  }

  /** Called by the outboxes it belongs to: all but the last heartbeat is given up. */
  end(): void {
    this.#giveUp();
    this.#standing.end();
  }

  /** Whether nothing leaves any more, after `end`. */
  get hasEnded(): boolean {
    return this.#standing.hasEnded(this.#owner.now());
  }

  /** Called by the outboxes it belongs to. */
  add(message: OfferedMessage): OutboxEntry {
    const entry = new OutboxEntry(message);
    this.#entries.push(entry);
    if (this.#entries.length > maxLateMessages) {
      const late = this.#entries.findIndex((other) => other.message.isReported);
      if (late >= 0) this.#entries.splice(late, 1);
    }
    return entry;
  }

  /** Called by the outboxes it belongs to: takes a message that stands until it is withdrawn. */
  stand(message: OfferedMessage): void {
    this.#standing.add(message);
  }

  /** Called by the outboxes it belongs to: gives up the copies of a message that have not left. */
  withdraw(messageId: string): void {
    this.#standing.withdraw(messageId);
    for (const entry of this.#entries) if (entry.message.id === messageId) entry.end("cancelled");
    this.#entries = this.#entries.filter((entry) => entry.outcome === undefined);
    this.#keyFrameEntries = this.#keyFrameEntries.filter((entry) => entry.message.id !== messageId);
  }

  /** Called by the outboxes it belongs to: lets go of what has expired. */
  sweep(nowMs: number): void {
    this.#expire(nowMs);
    this.#sweepKeyFrameEntries(nowMs);
  }

  #giveUp(): void {
    this.rollback();
    for (const entry of this.#entries) entry.end("dropped");
    this.#entries = [];
    this.#keyFrameEntries = [];
  }

  #expire(nowMs: number): void {
    let ended = false;
    const isSilent = nowMs - this.#lastFrameAtMs >= silentAfterMs;
    for (const entry of this.#entries) {
      entry.expire(nowMs, isSilent);
      ended ||= entry.outcome !== undefined;
    }
    if (ended) this.#letGo();
  }

  /** Lets go of what has ended, but for copies on key frames. */
  #letGo(): void {
    const waiting: OutboxEntry[] = [];
    for (const entry of this.#entries) {
      if (entry.outcome === undefined) waiting.push(entry);
      else if (entry.copiesSent > 0 && entry.keyFrameCopiesLeft > 0) this.#keyFrameEntries.push(entry);
    }
    this.#entries = waiting;
    if (this.#keyFrameEntries.length > maxLateMessages) {
      this.#keyFrameEntries.splice(0, this.#keyFrameEntries.length - maxLateMessages);
    }
    this.#owner.ended();
  }

  #sweepKeyFrameEntries(nowMs: number): void {
    if (this.#keyFrameEntries.length === 0) return;
    this.#keyFrameEntries = this.#keyFrameEntries.filter(
      ({ keyFrameCopiesLeft, message }) => keyFrameCopiesLeft > 0 && nowMs < message.expiresAtMs,
    );
  }

  /**
   * Chooses parts within the budget: higher priority first, then what needs least to be whole, then what has been sent
   * least often, then the oldest. A copy begins on an access unit of its own, so that copies ride different ones. What
   * is left goes to a heartbeat, to retained messages, and on key frames to copies of what was sent. Retained messages
   * have their turn before those copies: they are older, and a receiver that begins here reads them first.
   */
  #choose(frame: OutgoingFrame, budget: number, nowMs: number): void {
    let left = budget;
    if (this.#entries.length > 1) this.#entries.sort(byUrgency);
    for (const entry of this.#entries) {
      const { message, nextPart } = entry;
      const choice: Choice = { entry, firstPart: nextPart, count: 0, bytes: 0, isKeyFrameCopy: false };
      for (let index = nextPart; index < message.parts.length; index += 1) {
        const cost = message.costOf(index);
        if (cost > left) break;
        left -= cost;
        choice.count += 1;
        choice.bytes += message.partBytes[index] as number;
      }
      if (choice.count > 0) this.#choices.push(choice);
    }
    const heartbeat = this.#standing.heartbeat(frame, left, nowMs);
    if (heartbeat !== undefined) {
      this.#standingChoices.push(heartbeat);
      left -= heartbeat.message.cost;
    }
    const retained = this.#standing.retained(frame, left, this.#owner.limits, nowMs);
    for (const { message, firstPart, count } of retained) {
      for (let index = firstPart; index < firstPart + count; index += 1) left -= message.costOf(index);
    }
    this.#standingChoices.push(...retained);
    if (frame.isKeyFrame) this.#chooseForKeyFrame(left);
  }

  /** Chooses copies for a key frame: higher priority first, then the newest. */
  #chooseForKeyFrame(budget: number): void {
    let left = budget;
    for (const entry of this.#keyFrameEntries.toSorted(byWorth)) {
      const { message } = entry;
      if (message.cost > left) continue;
      left -= message.cost;
      const { length: count } = message.parts;
      this.#choices.push({ entry, firstPart: 0, count, bytes: message.bytes, isKeyFrameCopy: true });
    }
  }

  #build(frame: OutgoingFrame, nowMs: number): Uint8Array[] {
    const carried: CarriedParts[] = this.#standingChoices.slice();
    for (const { entry, firstPart, count } of this.#choices) {
      carried.push({ message: entry.message, firstPart, count, age: entry.age(frame, nowMs) });
    }
    return seiNalUnits(carried);
  }
}

function byWorth(a: OutboxEntry, b: OutboxEntry): number {
  return b.message.priority - a.message.priority || b.message.order - a.message.order;
}

function byUrgency(a: OutboxEntry, b: OutboxEntry): number {
  return (
    b.message.priority - a.message.priority ||
    a.partsLeftInCopy - b.partsLeftInCopy ||
    a.copiesSent - b.copiesSent ||
    a.message.order - b.message.order
  );
}
