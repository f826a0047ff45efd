import type { OfferedMessage } from "./offered-message.ts";
import type { OutgoingFrame } from "./outgoing-frame.ts";

/** A heartbeat leaves this long after the last one, and on a key frame after half as long. */
export const heartbeatIntervalMs = 1000;

/**
 * The first heartbeats of a stream tell its receivers that they are there from the beginning, so for a second every
 * access unit carries one, as long as they take no more than this together. The same applies to the last heartbeat.
 */
const openingMs = 1000;
const openingBytes = 2048;

/** The newest heartbeat of one publisher on one encoded stream, and when it leaves. */
export class StreamHeartbeat {
  #newest: OfferedMessage | undefined;
  #lastAtMs = Number.NEGATIVE_INFINITY;
  /** When the first one left. */
  #openedAtMs: number | undefined;
  #openingBytesLeft = openingBytes;
  #isEnding = false;

  /** Takes the place of the one before. */
  set(heartbeat: OfferedMessage): void {
    this.#newest = heartbeat;
  }

  withdraw(messageId: string): void {
    if (this.#newest?.id === messageId) this.#newest = undefined;
  }

  /** The heartbeat that is to leave with this access unit. */
  due(frame: OutgoingFrame, nowMs: number): OfferedMessage | undefined {
    if (this.#newest === undefined) return undefined;
    return this.#isDue(frame, nowMs) ? this.#newest : undefined;
  }

  /** Notes that one left. */
  left({ bytes }: OfferedMessage, nowMs: number): void {
    this.#openedAtMs ??= nowMs;
    this.#openingBytesLeft -= bytes;
    this.#lastAtMs = nowMs;
  }

  /** The publisher leaves: its last heartbeat is sent as the first one was. */
  end(): void {
    this.#openedAtMs = undefined;
    this.#openingBytesLeft = openingBytes;
    this.#isEnding = true;
  }

  /** Whether the last heartbeat has left often enough, or would be too late. */
  hasEnded(nowMs: number): boolean {
    const openMs = nowMs - (this.#openedAtMs ?? nowMs);
    if (openMs >= openingMs || this.#openingBytesLeft <= 0) return true;
    return this.#newest === undefined || nowMs >= this.#newest.expiresAtMs;
  }

  clear(): void {
    this.#newest = undefined;
  }

  #isDue(frame: OutgoingFrame, nowMs: number): boolean {
    if (this.#isEnding) return !this.hasEnded(nowMs);
    const openMs = nowMs - (this.#openedAtMs ?? nowMs);
    if (openMs >= 0 && openMs < openingMs && this.#openingBytesLeft > 0) return true;
    const elapsedMs = nowMs - this.#lastAtMs;
    return elapsedMs < 0 || elapsedMs >= heartbeatIntervalMs / (frame.isKeyFrame ? 2 : 1);
  }
}
