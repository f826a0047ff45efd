import { ByteWindow } from "../byte-window.ts";
import type { CarrierEvents, CarrierLimits, SentReport } from "../carrier.ts";
import { holdProcess } from "../hold-process.ts";
import type { Part } from "../part.ts";
import type { SendingChannel } from "./data-channel.ts";

const uuidBytes = 16;
/** Messages that wait this long without one leaving make the carrier `stalled`. */
const stalledAfterMs = 1000;

interface Waiting {
  readonly parts: readonly Part[];
  readonly order: number;
  nextPart: number;
  bytes: number;
}

/** What one publisher has waiting on a data channel; its own limits bound how much that is. */
export class ChannelQueue {
  readonly #channel: SendingChannel;
  readonly #events: Pick<CarrierEvents, "sent" | "stalled" | "failed">;
  readonly #bytesPerSecond: number;
  readonly #maxBufferedBytes: number;
  readonly #waiting = new Map<string, Waiting>();
  readonly #window = new ByteWindow();
  #order = 0;
  #idleSinceMs = 0;
  #isStalled = false;
  #isClosed = false;
  #isSending = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    channel: SendingChannel,
    events: Pick<CarrierEvents, "sent" | "stalled" | "failed">,
    limits: CarrierLimits,
    maxBufferedBytes: number,
  ) {
    this.#channel = channel;
    this.#events = events;
    this.#bytesPerSecond = limits.bytesPerSecond;
    this.#maxBufferedBytes = maxBufferedBytes;
  }

  offer(parts: readonly Part[]): void {
    const id = parts[0]?.messageId;
    if (id === undefined || this.#waiting.has(id)) return;
    if (this.#isClosed || this.#channel.isClosed) {
      this.#events.sent({ messageId: id, outcome: "dropped", streams: [] });
      return;
    }
    if (this.#waiting.size === 0) this.#idleSinceMs = Date.now();
    this.#waiting.set(id, { parts, order: this.#order, nextPart: 0, bytes: 0 });
    this.#order += 1;
    this.send();
  }

  withdraw(id: string): void {
    const waiting = this.#waiting.get(id);
    if (waiting !== undefined) this.#report(waiting, "cancelled");
    this.#arm();
  }

  /** Sends what the channel takes. */
  send(): void {
    // A listener that is told of a message may publish the next one.
    if (this.#isSending || this.#isClosed) return;
    this.#isSending = true;
    try {
      this.#expire();
      for (let next = this.#next(); next !== undefined && this.#hasRoom(next); next = this.#next())
        this.#sendPart(next);
    } finally {
      this.#isSending = false;
    }
    this.#arm();
  }

  /** Gives up what waits and reports it as `dropped`. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const waiting of [...this.#waiting.values()]) this.#report(waiting, "dropped");
  }

  /** Higher priority first, then the oldest. */
  #next(): Waiting | undefined {
    let best: Waiting | undefined;
    for (const waiting of this.#waiting.values()) {
      if (best === undefined || firstOf(waiting).priority > firstOf(best).priority) best = waiting;
    }
    return best;
  }

  #hasRoom({ parts, nextPart }: Waiting): boolean {
    const { isOpen, bufferedBytes } = this.#channel;
    if (!isOpen || bufferedBytes >= this.#maxBufferedBytes) return false;
    const sent = this.#window.total(Date.now());
    // One that is larger than a whole second's bytes goes alone.
    return sent === 0 || sent + bytesOf(parts[nextPart] as Part) <= this.#bytesPerSecond;
  }

  #sendPart(waiting: Waiting): void {
    const { uuid, payload } = waiting.parts[waiting.nextPart] as Part;
    const message = new Uint8Array(uuidBytes + payload.length);
    message.set(uuid);
    message.set(payload, uuidBytes);
    try {
      this.#channel.send(message);
    } catch (error) {
      this.#report(waiting, "dropped");
      this.#events.failed(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    const nowMs = Date.now();
    this.#window.add(nowMs, message.length);
    this.#idleSinceMs = nowMs;
    this.#isStalled = false;
    waiting.bytes += message.length;
    waiting.nextPart += 1;
    if (waiting.nextPart === waiting.parts.length) this.#report(waiting, "sent");
  }

  #expire(): void {
    const nowMs = Date.now();
    for (const waiting of [...this.#waiting.values()]) {
      if (nowMs >= firstOf(waiting).expiresAtMs) this.#report(waiting, "expired");
    }
  }

  #report(waiting: Waiting, outcome: SentReport["outcome"]): void {
    const { messageId } = firstOf(waiting);
    if (!this.#waiting.delete(messageId)) return;
    const { bytes } = waiting;
    const stream = { stream: this.#channel.label, copies: outcome === "sent" ? 1 : 0, bytes, rtpTimestamps: [] };
    this.#events.sent({ messageId, outcome, streams: bytes > 0 ? [stream] : [] });
  }

  /** Starts the timer that lets messages expire, says `stalled` and tries again. */
  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed || this.#waiting.size === 0) return;
    const nowMs = Date.now();
    let atMs = nowMs + (this.#isStalled ? stalledAfterMs : Math.max(0, this.#idleSinceMs + stalledAfterMs - nowMs));
    // What left within the last second makes room when that second is over, if not before.
    if (this.#window.total(nowMs) > 0) atMs = Math.min(atMs, nowMs + 100);
    for (const waiting of this.#waiting.values()) atMs = Math.min(atMs, firstOf(waiting).expiresAtMs);
    this.#timer = setTimeout(() => this.#wake(), Math.max(1, atMs - nowMs));
    const isMessage = (waiting: Waiting): boolean => firstOf(waiting).standing === undefined;
    holdProcess(this.#timer, [...this.#waiting.values()].some(isMessage));
  }

  #wake(): void {
    this.send();
    const isStalled = this.#waiting.size > 0 && Date.now() - this.#idleSinceMs >= stalledAfterMs;
    if (isStalled && !this.#isStalled) this.#events.stalled();
    this.#isStalled = isStalled;
    this.#arm();
  }
}

function firstOf({ parts }: Waiting): Part {
  return parts[0] as Part;
}

function bytesOf({ payload }: Part): number {
  return uuidBytes + payload.length;
}
