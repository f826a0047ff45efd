import { asError } from "./as-error.ts";
import type { CarrierEvents, CarrierLimits, SentReport } from "./carrier.ts";
import { type EncodedStream, silentAfterMs } from "./encoded-stream.ts";
import type { LaterCalls } from "./later-calls.ts";
import type { Message } from "./message.ts";
import { OfferedMessage } from "./offered-message.ts";
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
  #reports: SentReport[] = [];
  #order = 0;
  #waitingSinceMs = 0;
  #isStalled = false;
  #isClosed = false;
  readonly #tell = (): void => this.#tellReports();

  constructor({ limits, events, clock, later }: PublisherMessagesOptions) {
    this.limits = limits;
    this.events = events;
    this.#clock = clock;
    this.#later = later;
    this.#shelf = new Shelf<OfferedMessage>({
      clock,
      expired: (offered, nowMs) => {
        if (!offered.isAwaited(nowMs)) this.#report(offered, "expired");
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
      this.#reports.push({ messageId: id, outcome: "dropped", streams: [] });
      this.#tellReports();
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
    // Of a message that was reported, copies may still wait on a silent stream.
    for (const outbox of this.#outboxes.values()) outbox.withdraw(messageId);
    if (this.#standing.delete(messageId)) return;
    const waiting = this.#shelf.get(messageId);
    if (waiting !== undefined) this.#report(waiting, "cancelled");
    this.#shelf.delete(messageId);
    this.#tellReports();
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

  /** Called by an outbox: a message has ended on its stream. */
  ended(offered: OfferedMessage, nowMs: number): void {
    if (!offered.isReported && offered.isFinished(nowMs)) this.#report(offered, "expired");
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
    this.#isClosed = true;
    for (const outbox of this.#outboxes.values()) outbox.end();
    for (const offered of this.#shelf.waiting()) this.#report(offered, "dropped");
    this.#shelf.close();
    this.#standing.clear();
    this.#tellReports();
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

  /** Notes what became of a message, to be told once the access unit at hand has left. */
  #report(offered: OfferedMessage, otherwise: Exclude<SentReport["outcome"], "sent">): void {
    offered.isReported = true;
    if (offered.message.schedule.withinMs === undefined && !this.#isClosed) this.#shelf.keep(offered);
    else this.#shelf.delete(offered.id);
    this.#reports.push(offered.report(otherwise));
    if (this.#reports.length === 1) this.#later.add(this.#tell);
  }

  #tellReports(): void {
    const reports = this.#reports;
    if (reports.length === 0) return;
    this.#reports = [];
    try {
      this.events.sent(reports);
    } catch (thrown) {
      this.failed(thrown);
    }
  }

  /** Lets messages expire, and streams count as silent, when no access unit comes. */
  #wake(nowMs: number): void {
    for (const outbox of this.#outboxes.values()) outbox.sweep(nowMs);
    for (const offered of this.#shelf.waiting()) if (offered.isFinished(nowMs)) this.#report(offered, "expired");
    this.#shelf.expire(nowMs);
    const isStalled = this.#shelf.size > 0 && nowMs - this.#waitsSinceMs() >= silentAfterMs;
    if (isStalled && !this.#isStalled) this.events.stalled();
    this.#isStalled = isStalled;
    if (this.#shelf.size > 0) this.#shelf.wakeBy(this.#silentAtMs(nowMs));
    this.#tellReports();
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
