import { ByteWindow } from "./byte-window.ts";
import type { CarrierLimits } from "./carrier.ts";
import type { OutgoingFrame } from "./frame.ts";
import type { OfferedMessage } from "./offered-message.ts";

/** A heartbeat leaves this long after the last one, and on a key frame after half as long. */
export const heartbeatIntervalMs = 1000;

/**
 * The first heartbeats of a stream tell its receivers that they are there from the beginning, so for a second every
 * access unit carries one, as long as they take no more than this together. So does the last one.
 */
const openingMs = 1000;
const openingBytes = 2048;

/** What retained messages take at most of an access unit and of a second, so that they spread and leave room. */
const accessUnitShare = 1 / 4;
const secondShare = 1 / 2;

/** A message that stands, on one encoded stream. */
interface StandingEntry {
  readonly message: OfferedMessage;
  /** Of the repeat that is under way. */
  nextPart: number;
  /** Where its age counts from. */
  first: { readonly rtpTimestamp: number; readonly atMs: number } | undefined;
}

/** Parts of a standing message for one access unit. */
export interface StandingChoice {
  readonly entry: StandingEntry;
  readonly message: OfferedMessage;
  readonly firstPart: number;
  readonly count: number;
  readonly bytes: number;
  readonly age: number;
}

/** What stands on one encoded stream until it is withdrawn: the newest heartbeat, and retained messages. */
export class StandingMessages {
  #heartbeat: StandingEntry | undefined;
  #heartbeatAtMs = Number.NEGATIVE_INFINITY;
  /** When the first heartbeat left. */
  #openedAtMs: number | undefined;
  #openingBytesLeft = openingBytes;
  #isEnding = false;
  readonly #retained = new Map<string, StandingEntry>();
  /** By the id of the message that they repeat. */
  readonly #byOriginal = new Map<string, StandingEntry>();
  /** Retained messages that have not left since the last key frame, in the order of their turns. */
  readonly #due = new Set<StandingEntry>();
  readonly #window = new ByteWindow();

  add(message: OfferedMessage): void {
    const entry: StandingEntry = { message, nextPart: 0, first: undefined };
    if (message.standing === "heartbeat") {
      this.#heartbeat = entry;
      return;
    }
    this.#retained.set(message.id, entry);
    if (message.repeats !== undefined) this.#byOriginal.set(message.repeats, entry);
  }

  withdraw(messageId: string): void {
    if (this.#heartbeat?.message.id === messageId) this.#heartbeat = undefined;
    const entry = this.#retained.get(messageId);
    if (entry === undefined) return;
    this.#retained.delete(messageId);
    this.#due.delete(entry);
    if (entry.message.repeats !== undefined) this.#byOriginal.delete(entry.message.repeats);
  }

  /** Whether something is to leave with this access unit. Every retained message is from a key frame on. */
  isDue(frame: OutgoingFrame, nowMs: number): boolean {
    if (frame.isKeyFrame) for (const entry of this.#retained.values()) this.#due.add(entry);
    return this.#due.size > 0 || this.#isHeartbeatDue(frame, nowMs);
  }

  heartbeat(frame: OutgoingFrame, left: number, nowMs: number): StandingChoice | undefined {
    const entry = this.#heartbeat;
    if (entry === undefined || !this.#isHeartbeatDue(frame, nowMs) || entry.message.cost > left) return undefined;
    return choiceOf(entry, entry.message.parts.length, entry.message.bytes, frame, nowMs);
  }

  /** Parts of the retained messages that are due, within their share of the limits. */
  retained(frame: OutgoingFrame, left: number, limits: CarrierLimits, nowMs: number): StandingChoice[] {
    if (this.#due.size === 0) return [];
    let ofSecond = Math.min(left, limits.bytesPerSecond * secondShare - this.#window.total(nowMs));
    let ofAccessUnit = limits.bytesPerAccessUnit * accessUnitShare;
    const choices: StandingChoice[] = [];
    for (const entry of this.#due) {
      const { message, nextPart } = entry;
      let count = 0;
      let bytes = 0;
      for (let index = nextPart; index < message.parts.length; index += 1) {
        const cost = message.costOf(index);
        // A single part may be larger than the share.
        const isFirst = choices.length === 0 && count === 0;
        if (cost > ofSecond || (cost > ofAccessUnit && !isFirst)) break;
        ofSecond -= cost;
        ofAccessUnit -= cost;
        count += 1;
        bytes += message.partBytes[index] as number;
      }
      if (count === 0) break;
      choices.push(choiceOf(entry, count, bytes, frame, nowMs));
    }
    return choices;
  }

  /** Notes that a choice left. */
  left({ entry, count, bytes }: StandingChoice, frame: OutgoingFrame, nowMs: number): void {
    if (entry.message.standing === "heartbeat") {
      this.#openedAtMs ??= nowMs;
      this.#openingBytesLeft -= bytes;
      this.#heartbeatAtMs = nowMs;
      return;
    }
    entry.first ??= { rtpTimestamp: frame.rtpTimestamp, atMs: nowMs };
    this.#window.add(nowMs, bytes);
    entry.nextPart += count;
    if (entry.nextPart < entry.message.parts.length) return;
    entry.nextPart = 0;
    this.#due.delete(entry);
  }

  /** Notes that a copy of a message left as usual: what repeats it counts its age from there. */
  originalLeft(messageId: string, frame: OutgoingFrame, nowMs: number): void {
    const entry = this.#byOriginal.get(messageId);
    if (entry !== undefined) entry.first ??= { rtpTimestamp: frame.rtpTimestamp, atMs: nowMs };
  }

  /** The publisher goes: its last heartbeat leaves as the first one did, and nothing else. */
  end(): void {
    const last = this.#heartbeat;
    this.clear();
    this.#heartbeat = last;
    this.#openedAtMs = undefined;
    this.#openingBytesLeft = openingBytes;
    this.#isEnding = true;
  }

  /** Whether the last heartbeat has left often enough, or would come too late. */
  hasEnded(nowMs: number): boolean {
    const openMs = nowMs - (this.#openedAtMs ?? nowMs);
    if (openMs >= openingMs || this.#openingBytesLeft <= 0) return true;
    return this.#heartbeat === undefined || nowMs >= this.#heartbeat.message.expiresAtMs;
  }

  clear(): void {
    this.#heartbeat = undefined;
    this.#retained.clear();
    this.#byOriginal.clear();
    this.#due.clear();
  }

  #isHeartbeatDue(frame: OutgoingFrame, nowMs: number): boolean {
    if (this.#heartbeat === undefined) return false;
    if (this.#isEnding) return !this.hasEnded(nowMs);
    const openMs = nowMs - (this.#openedAtMs ?? nowMs);
    if (openMs >= 0 && openMs < openingMs && this.#openingBytesLeft > 0) return true;
    const elapsedMs = nowMs - this.#heartbeatAtMs;
    return elapsedMs < 0 || elapsedMs >= heartbeatIntervalMs / (frame.isKeyFrame ? 2 : 1);
  }
}

function choiceOf(
  entry: StandingEntry,
  count: number,
  bytes: number,
  frame: OutgoingFrame,
  nowMs: number,
): StandingChoice {
  const { message, nextPart: firstPart, first } = entry;
  const age = message.age(frame, first?.rtpTimestamp ?? frame.rtpTimestamp, nowMs - (first?.atMs ?? nowMs));
  return { entry, message, firstPart, count, bytes, age };
}
