import { ByteWindow } from "./byte-window.ts";
import type { OfferedMessage } from "./offered-message.ts";
import type { OutgoingFrame } from "./outgoing-frame.ts";
import type { CarrierLimits } from "./sei-carrier.ts";
import type { CarriedPayloads } from "./sei-nal-units.ts";

/** The most that retained messages take of an access unit and of a second, so that they spread and leave room. */
const accessUnitShare = 1 / 4;
const secondShare = 1 / 2;

/** A retained message on one encoded stream. */
interface RetainedEntry {
  readonly offered: OfferedMessage;
  /** Of the repeat that is under way. */
  nextPayload: number;
  /** Where its age counts from. */
  first: { readonly rtpTimestamp: number; readonly atMs: number } | undefined;
}

/** Payloads of a retained message for one access unit. */
export interface RetainedChoice extends CarriedPayloads {
  readonly entry: RetainedEntry;
  readonly bytes: number;
  /** What they take of the budget at most. */
  readonly cost: number;
}

const nothing: readonly RetainedChoice[] = [];

/** The retained messages of one publisher on one encoded stream: each is sent again from each key frame on. */
export class StreamRetained {
  readonly #entries = new Map<string, RetainedEntry>();
  /** By the id of the message that they repeat. */
  readonly #byOriginal = new Map<string, RetainedEntry>();
  /** Messages that have not left since the last key frame, in the order of their turns. */
  readonly #due = new Set<RetainedEntry>();
  readonly #window = new ByteWindow();

  add(offered: OfferedMessage): void {
    const entry: RetainedEntry = { offered, nextPayload: 0, first: undefined };
    const { repeats } = offered.message;
    this.#entries.set(offered.id, entry);
    if (repeats !== undefined) this.#byOriginal.set(repeats, entry);
  }

  withdraw(messageId: string): void {
    const entry = this.#entries.get(messageId);
    if (entry === undefined) return;
    const { repeats } = entry.offered.message;
    this.#entries.delete(messageId);
    this.#due.delete(entry);
    if (repeats !== undefined) this.#byOriginal.delete(repeats);
  }

  /** Whether a message is to leave with this access unit. From a key frame on all of them are. */
  isDue(frame: OutgoingFrame): boolean {
    if (frame.isKeyFrame) for (const entry of this.#entries.values()) this.#due.add(entry);
    return this.#due.size > 0;
  }

  /** Payloads of the messages that are due, within what is left of a budget and their share of the limits. */
  choose(frame: OutgoingFrame, left: number, limits: CarrierLimits, nowMs: number): readonly RetainedChoice[] {
    if (this.#due.size === 0) return nothing;
    let ofSecond = Math.min(left, limits.bytesPerSecond * secondShare - this.#window.total(nowMs));
    let ofAccessUnit = limits.bytesPerAccessUnit * accessUnitShare;
    const choices: RetainedChoice[] = [];
    for (const entry of this.#due) {
      const { offered, nextPayload: first } = entry;
      let count = 0;
      let bytes = 0;
      let total = 0;
      for (let index = first; index < offered.count; index += 1) {
        const cost = offered.costOf(index);
        // A single payload may be larger than the share.
        const isFirst = choices.length === 0 && count === 0;
        if (cost > ofSecond || (cost > ofAccessUnit && !isFirst)) break;
        ofSecond -= cost;
        ofAccessUnit -= cost;
        count += 1;
        bytes += offered.bytesOf(index);
        total += cost;
      }
      if (count === 0) break;
      choices.push({ entry, offered, first, count, bytes, cost: total, age: ageOf(entry, frame, nowMs) });
    }
    return choices;
  }

  /** Notes that a choice left. */
  left({ entry, count, bytes }: RetainedChoice, frame: OutgoingFrame, nowMs: number): void {
    entry.first ??= { rtpTimestamp: frame.rtpTimestamp, atMs: nowMs };
    this.#window.add(nowMs, bytes);
    entry.nextPayload += count;
    if (entry.nextPayload < entry.offered.count) return;
    entry.nextPayload = 0;
    this.#due.delete(entry);
  }

  /** Notes that a copy of a message left as usual: the one that repeats it counts its age from there. */
  originalLeft(messageId: string, frame: OutgoingFrame, nowMs: number): void {
    const entry = this.#byOriginal.get(messageId);
    if (entry !== undefined) entry.first ??= { rtpTimestamp: frame.rtpTimestamp, atMs: nowMs };
  }

  clear(): void {
    this.#entries.clear();
    this.#byOriginal.clear();
    this.#due.clear();
  }
}

function ageOf({ offered, first }: RetainedEntry, frame: OutgoingFrame, nowMs: number): number {
  return offered.age(frame, first?.rtpTimestamp ?? frame.rtpTimestamp, nowMs - (first?.atMs ?? nowMs));
}
