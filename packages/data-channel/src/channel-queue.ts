import {
  asError,
  BoundedMap,
  ByteWindow,
  type CarrierEvents,
  type CarrierLimits,
  type Message,
  type MessagePayload,
  type SentReport,
  Shelf,
  type Shelved,
  steadyNowMs,
} from "@inband/stream";
import type { SendingChannel } from "./data-channel.ts";

const uuidBytes = 16;
/** Messages that wait this long without one leaving make the carrier `stalled`. */
const stalledAfterMs = 1000;
/** What left within the last second makes room when that second is over, if not before. */
const retryAfterMs = 100;
/** Messages whose retained copy is left out because they went this way themselves; publishers retain 64 topics. */
const maxSentIds = 256;

/** A message that waits for the channel. */
interface Queued extends Shelved {
  readonly message: Message;
  /** Index of the next payload. */
  next: number;
  sentBytes: number;
}

/** What one publisher has waiting on a data channel; the publisher's own limits bound how much that is. */
export class ChannelQueue {
  readonly #channel: SendingChannel;
  readonly #events: Pick<CarrierEvents, "sent" | "stalled" | "failed">;
  readonly #bytesPerSecond: number;
  readonly #maxBufferedBytes: number;
  readonly #shelf: Shelf<Queued>;
  readonly #sentIds = new BoundedMap<string, true>(maxSentIds);
  readonly #window = new ByteWindow();
  #reports: SentReport[] = [];
  #idleSinceMs = 0;
  #isStalled = false;
  #isClosed = false;
  #isSending = false;

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
    this.#shelf = new Shelf<Queued>({
      clock: steadyNowMs,
      expired: (queued) => this.#end(queued, "expired"),
      wake: () => this.#wake(),
      holdsProcess: isReported,
    });
  }

  offer(message: Message): void {
    const { id, standing, payloads, expiresAtMs } = message;
    if (this.#shelf.has(id)) return;
    if (this.#isClosed || this.#channel.isClosed) {
      if (standing === undefined) this.#events.sent([{ messageId: id, outcome: "dropped", streams: [] }]);
      return;
    }
    if (standing === "heartbeat") this.#dropHeartbeat();
    if (standing === undefined && !this.#shelf.isHolding) this.#idleSinceMs = steadyNowMs();
    const bytes = payloads.reduce((sum, payload) => sum + bytesOf(payload), 0);
    this.#shelf.add({ id, bytes, expiresAtMs, message, next: 0, sentBytes: 0 });
    this.send();
  }

  withdraw(id: string): void {
    const queued = this.#shelf.get(id);
    if (queued !== undefined) this.#end(queued, "cancelled");
    this.#tell();
    this.#arm();
  }

  /** Sends what the channel takes. */
  send(): void {
    // A publisher that is told of a message may offer the next one.
    if (this.#isSending || this.#isClosed) return;
    this.#isSending = true;
    try {
      this.#shelf.expire(steadyNowMs());
      for (let next = this.#next(); next !== undefined && this.#hasRoom(next); next = this.#next()) {
        this.#sendPayload(next);
      }
    } finally {
      this.#isSending = false;
    }
    this.#tell();
    this.#arm();
  }

  /** Gives up what waits and reports it as `dropped`. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const queued of this.#shelf.waiting()) this.#end(queued, "dropped");
    this.#shelf.close();
    this.#tell();
  }

  /** Higher priority first, then the oldest; standing messages go last, since they may delay no other. */
  #next(): Queued | undefined {
    let best: Queued | undefined;
    for (const queued of this.#shelf.waiting()) {
      const { repeats } = queued.message;
      if (repeats !== undefined && this.#sentIds.has(repeats)) this.#end(queued, "sent");
      else if (best === undefined || rank(queued) > rank(best)) best = queued;
    }
    return best;
  }

  #dropHeartbeat(): void {
    for (const queued of this.#shelf.waiting()) {
      if (queued.message.standing === "heartbeat") this.#end(queued, "dropped");
    }
  }

  #hasRoom({ message, next }: Queued): boolean {
    const { isOpen, bufferedBytes } = this.#channel;
    if (!isOpen || bufferedBytes >= this.#maxBufferedBytes) return false;
    const sentBytes = this.#window.total(steadyNowMs());
    // One that is larger than a whole second's bytes goes alone.
    return sentBytes === 0 || sentBytes + bytesOf(message.payloads[next] as MessagePayload) <= this.#bytesPerSecond;
  }

  #sendPayload(queued: Queued): void {
    const { uuid, payloads } = queued.message;
    const { bytes } = payloads[queued.next] as MessagePayload;
    const sent = new Uint8Array(uuidBytes + bytes.length);
    sent.set(uuid);
    sent.set(bytes, uuidBytes);
    try {
      this.#channel.send(sent);
    } catch (error) {
      this.#end(queued, "dropped");
      this.#events.failed(asError(error));
      return;
    }
    const nowMs = steadyNowMs();
    this.#window.add(nowMs, sent.length);
    this.#idleSinceMs = nowMs;
    this.#isStalled = false;
    queued.sentBytes += sent.length;
    queued.next += 1;
    if (queued.next === payloads.length) this.#end(queued, "sent");
  }

  /** Removes a message, and notes what became of it where that is reported. */
  #end(queued: Queued, outcome: SentReport["outcome"]): void {
    if (!this.#shelf.delete(queued.id) || !isReported(queued)) return;
    const isSent = outcome === "sent";
    if (isSent) this.#sentIds.set(queued.id, true);
    const { id: messageId, sentBytes: bytes } = queued;
    const stream = { stream: this.#channel.label, copies: isSent ? 1 : 0, bytes, rtpTimestamps: [] };
    this.#reports.push({ messageId, outcome, streams: bytes > 0 ? [stream] : [] });
  }

  #tell(): void {
    const reports = this.#reports;
    if (reports.length === 0) return;
    this.#reports = [];
    this.#events.sent(reports);
  }

  /** Sets the alarm that says `stalled` and tries again. */
  #arm(): void {
    if (this.#shelf.size === 0) {
      this.#shelf.rest();
      return;
    }
    const nowMs = steadyNowMs();
    let atMs = this.#isStalled ? nowMs + stalledAfterMs : Math.max(nowMs, this.#idleSinceMs + stalledAfterMs);
    if (this.#window.total(nowMs) > 0) atMs = Math.min(atMs, nowMs + retryAfterMs);
    this.#shelf.wakeBy(atMs);
  }

  #wake(): void {
    this.send();
    const isStalled = this.#shelf.isHolding && steadyNowMs() - this.#idleSinceMs >= stalledAfterMs;
    if (isStalled && !this.#isStalled) this.#events.stalled();
    this.#isStalled = isStalled;
    this.#arm();
  }
}

/** Standing messages are not reported on. */
function isReported({ message }: Queued): boolean {
  return message.standing === undefined;
}

function rank({ message }: Queued): number {
  return message.standing === undefined ? message.priority : -1;
}

function bytesOf({ bytes }: MessagePayload): number {
  return uuidBytes + bytes.length;
}
