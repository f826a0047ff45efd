import { asError } from "./as-error.ts";
import { type EncodedStream, silentAfterMs } from "./encoded-stream.ts";
import type { LaterCalls } from "./later-calls.ts";
import type { Message } from "./message.ts";
import { OfferedMessage } from "./offered-message.ts";
import type { CarrierEvents, CarrierLimits, SentReport } from "./sei-carrier.ts";
import { Shelf } from "./shelf.ts";
import { type OutboxOwner, StreamOutbox } from "./stream-outbox.ts";

/** What the messages of a publisher need of their carrier. */
export interface PublisherMessagesOptions {
  readonly limits: CarrierLimits;
  readonly events: CarrierEvents;
  /** The clock of `Message.expiresAtMs`. */
  readonly clock: () => number;
  /** Tells what came of an access unit. */
  readonly later: LaterCalls;
}

/**
 * The messages of one publisher on one carrier, with an outbox for each encoded stream.
 *
 * Every stream has the same messages, and none waits for another: what was offered before a stream appeared is given to it
 * when it appears, and a stream that falls silent lets its messages expire. A message is reported once, when all streams
 * that flow have finished with it.
 */
export class PublisherMessages implements OutboxOwner {
  readonly limits: CarrierLimits;
  readonly events: CarrierEvents;
  readonly #clock: () => number;
  readonly #later: LaterCalls;
  readonly #outboxes = new Map<EncodedStream, StreamOutbox>();
  /** Messages that are sent until they are withdrawn, by id. */
  readonly #standing = new Map<string, OfferedMessage>();
  /** Messages that have not been reported, and those that are kept for streams that appear later. */
  readonly #shelf: Shelf<OfferedMessage>;
  /** Messages that streams have finished with, to be told of once the access unit at hand has left. */
  #finished: OfferedMessage[] = [];
  #order = 0;
  #waitingSinceMs = 0;
  #isStalled = false;
  #isClosed = false;
  readonly #tellFinished = (): void => this.#tell([]);

  constructor({ limits, events, clock, later }: PublisherMessagesOptions) {
    this.limits = limits;
    this.events = events;
    this.#clock = clock;
    this.#later = later;
    this.#shelf = new Shelf<OfferedMessage>({
      clock,
      expired: (offered, nowMs) => {
        if (!offered.isReported && !offered.isAwaited(nowMs)) this.#finish(offered);
      },
      wake: (nowMs) => this.#wake(nowMs),
    });
  }

  /** @throws TypeError for a message that no SEI message can carry. */
  offer(message: Message): void {
    checkMessage(message);
    const { id, standing } = message;
    if (this.#shelf.has(id)) return;
    if (standing !== undefined) {
      this.#stand(message);
      return;
    }
    if (this.#isClosed) {
      this.#tell([{ messageId: id, outcome: "dropped", streams: [] }]);
      return;
    }
    const offered = new OfferedMessage(message, this.#order);
    this.#order += 1;
    for (const outbox of this.#outboxes.values()) outbox.add(offered);
    if (this.#shelf.size === 0) {
      const nowMs = this.#clock();
      this.#waitingSinceMs = nowMs;
      this.#isStalled = false;
      this.#shelf.wakeBy(this.#silentAtMs(nowMs));
    }
    this.#shelf.add(offered);
  }

  /** Gives up the copies of a message that have not left. */
  withdraw(messageId: string): void {
    this.#tell([]);
    // Of a message that was reported, copies may still wait on a silent stream.
    for (const outbox of this.#outboxes.values()) outbox.withdraw(messageId);
    if (this.#standing.delete(messageId)) return;
    const waiting = this.#shelf.get(messageId);
    this.#shelf.delete(messageId);
    if (waiting !== undefined) this.#tell([waiting.report("cancelled")]);
  }

  /** An outbox for a stream that is new, with everything that has not expired. */
  addStream(stream: EncodedStream): StreamOutbox {
    const outbox = new StreamOutbox(stream, this);
    this.#outboxes.set(stream, outbox);
    const nowMs = this.#clock();
    for (const offered of this.#shelf.kept()) if (offered.expiresAtMs > nowMs) outbox.add(offered);
    for (const offered of this.#shelf.waiting()) outbox.add(offered);
    for (const offered of this.#standing.values()) outbox.stand(offered);
    return outbox;
  }

  /** A stream has ended. */
  removeStream(stream: EncodedStream): void {
    this.#outboxes.delete(stream);
  }

  /** A message may have ended: it has on the stream of the outbox that calls this. */
  ended(offered: OfferedMessage, nowMs: number): void {
    if (!offered.isReported && offered.isFinished(nowMs)) this.#finish(offered);
  }

  /** Called for an outbox whose messages could not be inserted. */
  failed(thrown: unknown): void {
    this.events.failed(asError(thrown));
  }

  /**
   * Gives up everything that waits and reports it as `dropped`. Streams that go on carry the last heartbeat, where their
   * outboxes are asked for it, and nothing else.
   */
  close(): void {
    if (this.#isClosed) return;
    this.#tell([]);
    this.#isClosed = true;
    for (const outbox of this.#outboxes.values()) outbox.end();
    const dropped = [...this.#shelf.waiting()].map((offered) => offered.report("dropped"));
    this.#shelf.close();
    this.#standing.clear();
    this.#tell(dropped);
  }

  /** Takes a message that is sent until it is withdrawn; a heartbeat until the next one. */
  #stand(message: Message): void {
    if (this.#isClosed || this.#standing.has(message.id)) return;
    const offered = new OfferedMessage(message, this.#order);
    this.#order += 1;
    if (message.standing === "heartbeat") {
      for (const other of this.#standing.values()) {
        if (other.message.standing === "heartbeat") this.#standing.delete(other.id);
      }
    }
    this.#standing.set(message.id, offered);
    for (const outbox of this.#outboxes.values()) outbox.stand(offered);
  }

  /** Notes that a message is finished: no more than that, since an access unit may be about to leave. */
  #finish(offered: OfferedMessage): void {
    offered.isReported = true;
    this.#finished.push(offered);
    if (this.#finished.length === 1) this.#later.add(this.#tellFinished);
  }

  /** Tells of the messages that are finished, and of these. */
  #tell(more: readonly SentReport[]): void {
    const finished = this.#finished;
    if (finished.length === 0 && more.length === 0) return;
    this.#finished = [];
    const reports = finished.map((offered) => {
      if (offered.message.schedule.withinMs === undefined) this.#shelf.keep(offered);
      else this.#shelf.delete(offered.id);
      return offered.report("expired");
    });
    try {
      this.events.sent([...reports, ...more]);
    } catch (thrown) {
      this.failed(thrown);
    }
  }

  /** Lets messages expire, and streams count as silent, when no access unit comes. */
  #wake(nowMs: number): void {
    for (const outbox of this.#outboxes.values()) outbox.sweep(nowMs);
    for (const offered of this.#shelf.waiting()) this.ended(offered, nowMs);
    this.#shelf.expire(nowMs);
    this.#tell([]);
    const isStalled = nowMs - this.#waitsSinceMs() >= silentAfterMs && this.#isWaiting();
    if (isStalled && !this.#isStalled) this.events.stalled();
    this.#isStalled = isStalled;
    if (this.#shelf.size > 0) this.#shelf.wakeBy(this.#silentAtMs(nowMs));
  }

  /** When a stream that flows may fall silent, or the carrier as a whole, next; a second from now where all are silent. */
  #silentAtMs(nowMs: number): number {
    let atMs = this.#waitsSinceMs() + silentAfterMs;
    if (atMs <= nowMs) atMs = nowMs + silentAfterMs;
    for (const stream of this.#outboxes.keys()) {
      if (!stream.isSilent(nowMs)) atMs = Math.min(atMs, stream.lastFrameAtMs + silentAfterMs);
    }
    return atMs;
  }

  /** Whether a message waits for an access unit. */
  #isWaiting(): boolean {
    for (const offered of this.#shelf.waiting()) if (!offered.hasLeft) return true;
    return false;
  }

  /** Since when messages wait and no access unit has come, in milliseconds. */
  #waitsSinceMs(): number {
    let sinceMs = this.#waitingSinceMs;
    for (const { lastFrameAtMs } of this.#outboxes.keys()) sinceMs = Math.max(sinceMs, lastFrameAtMs);
    return sinceMs;
  }
}

function checkMessage({ uuid, payloads }: Message): void {
  if (!(uuid instanceof Uint8Array) || uuid.length !== 16) {
    throw new TypeError(`message.uuid: expected 16 bytes, got ${uuid?.length}`);
  }
  if (!Array.isArray(payloads) || payloads.length === 0) {
    throw new TypeError("message.payloads: expected at least one payload");
  }
}
