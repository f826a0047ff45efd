import type { EncodedStream } from "./encoded-stream.ts";
import type { OfferedMessage } from "./offered-message.ts";
import type { OutgoingFrame } from "./outgoing-frame.ts";
import { StreamEntry } from "./stream-entry.ts";

/** Messages that a silent stream keeps beyond those that are still reported on, and copies kept for key frames. */
const maxLateMessages = 256;

/** Payloads of one message for an access unit. */
export interface EntryChoice {
  readonly entry: StreamEntry;
  /** Index of the first one. */
  readonly first: number;
  count: number;
  bytes: number;
  readonly isKeyFrameCopy: boolean;
}

/** Shared by all that ends nothing. */
const nothing: readonly StreamEntry[] = [];

/** The messages of one publisher that wait for access units of one encoded stream, and those that wait for key frames only. */
export class StreamEntries {
  readonly #stream: EncodedStream;
  #waiting: StreamEntry[] = [];
  /** All copies have left, and no receiver has been heard since. */
  #unheard: StreamEntry[] = [];
  /** All copies have left but those for key frames. */
  #forKeyFrames: StreamEntry[] = [];

  constructor(stream: EncodedStream) {
    this.#stream = stream;
  }

  /** Messages of which copies wait. */
  get size(): number {
    return this.#waiting.length + this.#forKeyFrames.length;
  }

  add(offered: OfferedMessage): void {
    const entry = new StreamEntry(offered, this.#stream);
    offered.streams.push(entry);
    this.#waiting.push(entry);
    if (this.#waiting.length <= maxLateMessages) return;
    const late = this.#waiting.findIndex((other) => other.offered.isReported);
    if (late >= 0) this.#waiting.splice(late, 1);
  }

  /** Gives up the copies of a message that have not left. */
  withdraw(messageId: string): void {
    for (const entry of this.#waiting) if (entry.offered.id === messageId) entry.end("cancelled");
    for (const entry of this.#unheard) if (entry.offered.id === messageId) entry.end("cancelled");
    this.#waiting = this.#waiting.filter((entry) => entry.outcome === undefined);
    this.#unheard = this.#unheard.filter((entry) => entry.outcome === undefined);
    this.#forKeyFrames = this.#forKeyFrames.filter((entry) => entry.offered.id !== messageId);
  }

  /** Gives up everything. Returns what waited, ended. */
  giveUp(): readonly StreamEntry[] {
    const entries = [...this.#unheard, ...this.#waiting];
    for (const entry of entries) entry.end("dropped");
    this.#waiting = [];
    this.#unheard = [];
    this.#forKeyFrames = [];
    return entries;
  }

  /** Ends what has expired, and what may not ride on this frame any more. Returns it. */
  expire(nowMs: number, frame?: OutgoingFrame): readonly StreamEntry[] {
    const isSilent = this.#stream.isSilent(nowMs);
    for (const entry of this.#unheard) entry.expire(nowMs, isSilent, frame);
    let hasEnded = this.#unheard.some(({ outcome }) => outcome !== undefined);
    for (const entry of this.#waiting) {
      entry.expire(nowMs, isSilent, frame);
      hasEnded ||= entry.isComplete || entry.outcome !== undefined;
    }
    return hasEnded ? this.#release() : nothing;
  }

  /** Goes by what is known of the receivers by now. Returns what has ended. */
  review(nowMs: number): readonly StreamEntry[] {
    for (const entry of this.#unheard) entry.review(nowMs);
    for (const entry of this.#waiting) entry.review(nowMs);
    return this.#release();
  }

  /** Drops the copies for key frames that have left or expired. */
  dropKeyFrameCopies(nowMs: number): void {
    if (this.#forKeyFrames.length === 0) return;
    this.#forKeyFrames = this.#forKeyFrames.filter(
      ({ keyFrameCopiesLeft, offered }) => keyFrameCopiesLeft > 0 && nowMs < offered.expiresAtMs,
    );
  }

  /**
   * Chooses payloads within the budget: higher priority first, then what needs least to be whole, then what has been sent
   * least often, then the oldest. A copy begins on an access unit of its own, so that copies ride different ones.
   * Returns what is left of the budget.
   */
  choose(budget: number, choices: EntryChoice[]): number {
    let left = budget;
    if (this.#waiting.length > 1) this.#waiting.sort(byUrgency);
    for (const entry of this.#waiting) {
      const { offered, nextPayload } = entry;
      const choice: EntryChoice = { entry, first: nextPayload, count: 0, bytes: 0, isKeyFrameCopy: false };
      for (let index = nextPayload; index < offered.count; index += 1) {
        const cost = offered.costOf(index);
        if (cost > left) break;
        left -= cost;
        choice.count += 1;
        choice.bytes += offered.bytesOf(index);
      }
      if (choice.count > 0) choices.push(choice);
    }
    return left;
  }

  /** Chooses copies for a key frame: higher priority first, then the newest. */
  chooseForKeyFrame(budget: number, choices: EntryChoice[]): void {
    let left = budget;
    for (const entry of this.#forKeyFrames.toSorted(byWorth)) {
      const { cost, count, bytes } = entry.offered;
      if (cost > left) continue;
      left -= cost;
      choices.push({ entry, first: 0, count, bytes, isKeyFrameCopy: true });
    }
  }

  /** Notes that the choices left with a frame. Returns the entries that ended with them. */
  left(choices: readonly EntryChoice[], frame: OutgoingFrame, nowMs: number): readonly StreamEntry[] {
    let hasEnded = false;
    for (const { entry, count, bytes, isKeyFrameCopy } of choices) {
      if (isKeyFrameCopy) entry.keyFrameCopiesLeft -= 1;
      else if (entry.outcome === undefined) {
        entry.left(count, bytes, frame, nowMs);
        hasEnded ||= entry.isComplete || entry.outcome !== undefined;
      }
    }
    if (frame.isKeyFrame) this.dropKeyFrameCopies(nowMs);
    return hasEnded ? this.#release() : nothing;
  }

  /** Sorts the entries anew, and returns those that have ended. Copies on key frames do not wait for a receiver to be heard. */
  #release(): readonly StreamEntry[] {
    const waiting: StreamEntry[] = [];
    const unheard: StreamEntry[] = [];
    const ended: StreamEntry[] = [];
    for (const entry of this.#unheard) {
      if (entry.outcome !== undefined) ended.push(entry);
      else if (entry.isComplete) unheard.push(entry);
      else {
        waiting.push(entry);
        this.#forKeyFrames = this.#forKeyFrames.filter((other) => other !== entry);
      }
    }
    for (const entry of this.#waiting) {
      const isOver = entry.isComplete || entry.outcome !== undefined;
      (entry.outcome !== undefined ? ended : isOver ? unheard : waiting).push(entry);
      if (isOver && entry.copiesSent > 0 && entry.keyFrameCopiesLeft > 0) this.#forKeyFrames.push(entry);
    }
    this.#waiting = waiting;
    this.#unheard = unheard;
    const surplus = this.#forKeyFrames.length - maxLateMessages;
    if (surplus > 0) this.#forKeyFrames.splice(0, surplus);
    return ended;
  }
}

function byWorth(a: StreamEntry, b: StreamEntry): number {
  return b.offered.message.priority - a.offered.message.priority || b.offered.order - a.offered.order;
}

function byUrgency(a: StreamEntry, b: StreamEntry): number {
  return (
    b.offered.message.priority - a.offered.message.priority ||
    a.payloadsLeftInCopy - b.payloadsLeftInCopy ||
    a.copiesSent - b.copiesSent ||
    a.offered.order - b.offered.order
  );
}
