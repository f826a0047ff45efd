import { asError } from "../as-error.ts";
import { ByteWindow } from "../byte-window.ts";
import type { CarrierEvents, CarrierLimits, SentReport } from "../carrier.ts";
import { holdProcess } from "../hold-process.ts";
import type { Part } from "../part.ts";
import { steadyNowMs } from "../steady-clock.ts";
import type { SendingChannel } from "./data-channel.ts";

const uuidBytes = 16;
/** Messages that wait this long without one leaving make the carrier `stalled`. */
const stalledAfterMs = 1000;
/** Messages whose retained copy is left out because they went this way themselves; publishers retain 64 topics. */
const maxSentIds = 256;

interface Waiting {
  readonly parts: readonly Part[];
  nextPart: number;
  bytes: number;
}

/** What one publisher has waiting on a data channel; the publisher's own limits bound how much that is. */
export class ChannelQueue {
  readonly #channel: SendingChannel;
  readonly #events: Pick<CarrierEvents, "sent" | "stalled" | "failed">;
  readonly #bytesPerSecond: number;
  readonly #maxBufferedBytes: number;
  readonly #waiting = new Map<string, Waiting>();
  readonly #sentIds = new Set<string>();
  readonly #window = new ByteWindow();
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
    const [first] = parts;
    if (first === undefined || this.#waiting.has(first.messageId)) return;
    const { messageId: id, standing } = first;
    if (this.#isClosed || this.#channel.isClosed) {
      if (standing === undefined) this.#events.sent({ messageId: id, outcome: "dropped", streams: [] });
      return;
    }
    if (standing === "heartbeat") this.#dropHeartbeat();
    if (standing === undefined && !this.#hasReported()) this.#idleSinceMs = steadyNowMs();
    this.#waiting.set(id, { parts, nextPart: 0, bytes: 0 });
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

  /** Higher priority first, then the oldest; what stands goes last, since it may delay no other. */
  #next(): Waiting | undefined {
    let best: Waiting | undefined;
    for (const waiting of this.#waiting.values()) {
      const { repeats } = firstOf(waiting);
      if (repeats !== undefined && this.#sentIds.has(repeats)) this.#report(waiting, "sent");
      else if (best === undefined || rank(waiting) > rank(best)) best = waiting;
    }
    return best;
  }

  /** Whether a message waits that will be reported on. */
  #hasReported(): boolean {
    for (const waiting of this.#waiting.values()) if (firstOf(waiting).standing === undefined) return true;
    return false;
  }

  #dropHeartbeat(): void {
    for (const waiting of this.#waiting.values()) {
      if (firstOf(waiting).standing === "heartbeat") this.#report(waiting, "dropped");
    }
  }

  #hasRoom({ parts, nextPart }: Waiting): boolean {
    const { isOpen, bufferedBytes } = this.#channel;
    if (!isOpen || bufferedBytes >= this.#maxBufferedBytes) return false;
    const sent = this.#window.total(steadyNowMs());
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
      this.#events.failed(asError(error));
      return;
    }
    const nowMs = steadyNowMs();
    this.#window.add(nowMs, message.length);
    this.#idleSinceMs = nowMs;
    this.#isStalled = false;
    waiting.bytes += message.length;
    waiting.nextPart += 1;
    if (waiting.nextPart === waiting.parts.length) this.#report(waiting, "sent");
  }

  #expire(): void {
    const nowMs = steadyNowMs();
    for (const waiting of [...this.#waiting.values()]) {
      if (nowMs >= firstOf(waiting).expiresAtMs) this.#report(waiting, "expired");
    }
  }

  #report(waiting: Waiting, outcome: SentReport["outcome"]): void {
    const { messageId, standing } = firstOf(waiting);
    if (!this.#waiting.delete(messageId) || standing !== undefined) return;
    if (outcome === "sent") {
      this.#sentIds.add(messageId);
      if (this.#sentIds.size > maxSentIds) this.#sentIds.delete(this.#sentIds.keys().next().value as string);
    }
    const { bytes } = waiting;
    const stream = { stream: this.#channel.label, copies: outcome === "sent" ? 1 : 0, bytes, rtpTimestamps: [] };
    this.#events.sent({ messageId, outcome, streams: bytes > 0 ? [stream] : [] });
  }

  /** Starts the timer that lets messages expire, says `stalled` and tries again. */
  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed || this.#waiting.size === 0) return;
    const nowMs = steadyNowMs();
    let atMs = nowMs + (this.#isStalled ? stalledAfterMs : Math.max(0, this.#idleSinceMs + stalledAfterMs - nowMs));
    // What left within the last second makes room when that second is over, if not before.
    if (this.#window.total(nowMs) > 0) atMs = Math.min(atMs, nowMs + 100);
    for (const waiting of this.#waiting.values()) atMs = Math.min(atMs, firstOf(waiting).expiresAtMs);
    this.#timer = setTimeout(() => this.#wake(), Math.max(1, atMs - nowMs));
    holdProcess(this.#timer, this.#hasReported());
  }

  #wake(): void {
    this.send();
    const isStalled = this.#hasReported() && steadyNowMs() - this.#idleSinceMs >= stalledAfterMs;
    if (isStalled && !this.#isStalled) this.#events.stalled();
    this.#isStalled = isStalled;
    this.#arm();
  }
}

function firstOf({ parts }: Waiting): Part {
  return parts[0] as Part;
}

function rank(waiting: Waiting): number {
  const { standing, priority } = firstOf(waiting);
  return standing === undefined ? priority : -1;
}

function bytesOf({ payload }: Part): number {
  return uuidBytes + payload.length;
}
