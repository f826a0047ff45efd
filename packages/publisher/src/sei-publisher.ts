import { createMessageId, EnvelopeFlag, encodeJson, encodeMessage, encodeValue, inband, WireError } from "@inband/wire";
import type { CarrierLimits, OpenCarrier, SeiCarrier, SentReport } from "./carrier.ts";
import { GuardedEmitter } from "./guarded-emitter.ts";
import { Heartbeats } from "./heartbeats.ts";
import { holdProcess } from "./hold-process.ts";
import { MessageQueue } from "./message-queue.ts";
import type { Part } from "./part.ts";
import { PendingMessage } from "./pending-message.ts";
import { PublishError } from "./publish-error.ts";
import {
  checkPublishOptions,
  type PublisherSettings,
  type PublishOptions,
  publisherSettings,
  type SeiPublisherOptions,
} from "./publish-options.ts";
import type { PublisherEvents, PublisherStats } from "./publisher-events.ts";
import type { Publication, Receipt } from "./receipt.ts";
import { type RetainedMessage, RetainedTopics } from "./retained-topics.ts";
import { SequenceNumbers } from "./sequence-numbers.ts";
import { steadyNowMs } from "./steady-clock.ts";

/** A carrier that has not reported this long after a message expired never will. */
const reportGraceMs = 10_000;

interface Attached {
  readonly carrier: SeiCarrier;
  open: OpenCarrier | undefined;
  isLeaving: boolean;
}

/**
 * Publishes messages inside video.
 *
 * One publisher is one source of messages in one profile. It may serve any number of carriers, and publishing without
 * one is legal: a carrier that is attached later gets everything that has not expired.
 *
 * @example
 * ```ts
 * const chat = new SeiPublisher<Chat>();
 * chat.attach(video);
 * const { sent } = chat.publish({ user: "alice", text: "hello" }, { topic: "chat" });
 * const { outcome } = await sent;
 * ```
 */
export class SeiPublisher<T = unknown> {
  readonly #settings: PublisherSettings;
  readonly #logger: SeiPublisherOptions["logger"];
  readonly #now: () => number;
  readonly #clock: () => number;
  readonly #random: SeiPublisherOptions["random"];
  readonly #source: number;
  readonly #sequences = new SequenceNumbers();
  readonly #queue: MessageQueue;
  readonly #retained = new RetainedTopics();
  readonly #heartbeats: Heartbeats | undefined;
  readonly #attached = new Set<Attached>();
  readonly #events: GuardedEmitter<PublisherEvents>;
  readonly #counts = { published: 0, sent: 0, expired: 0, dropped: 0, cancelled: 0, copies: 0, bytes: 0 };
  #isClosed = false;
  #isReportingError = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(options: SeiPublisherOptions = {}) {
    this.#settings = publisherSettings(options, options.profile ?? inband());
    this.#logger = options.logger;
    this.#now = options.now ?? (() => Date.now());
    this.#clock = options.now ?? steadyNowMs;
    this.#random = options.random;
    const source = new Uint8Array(4);
    if (options.random === undefined) crypto.getRandomValues(source);
    else options.random(source);
    this.#source = new DataView(source.buffer).getUint32(0);
    this.#queue = new MessageQueue(this.#settings);
    this.#events = new GuardedEmitter((thrown) => this.#report(thrown));
    const { profile, heartbeat } = this.#settings;
    if (heartbeat && profile.encoding === "envelope") {
      this.#heartbeats = new Heartbeats({
        profile,
        source: this.#source,
        random: this.#random,
        now: this.#now,
        clock: this.#clock,
        hasCarriers: () => this.#attached.size > 0,
        offer: (parts) => this.#offerStanding(parts),
      });
    }
  }

  /** Messages that wait; those that are retained wait no longer than others. */
  get queueSize(): number {
    return this.#queue.messages;
  }

  /**
   * Sends the messages through a carrier too, those that wait and have not expired included. Disposing of the result
   * detaches it.
   *
   * @throws PublishError `closed`; TypeError when the carrier is attached already; what the carrier throws on opening.
   */
  attach(carrier: SeiCarrier): Disposable {
    if (this.#isClosed) throw new PublishError("closed", "The publisher is closed");
    for (const other of this.#attached) {
      if (other.carrier === carrier) throw new TypeError(`carrier: ${carrier.name} is attached already`);
    }
    const attached: Attached = { carrier, open: undefined, isLeaving: false };
    attached.open = carrier.open(
      {
        sent: (report) => this.#reported(attached, report),
        keyFrameRequest: () => this.#events.emit("keyFrameRequest", { carrier: carrier.name }),
        bitrate: (bitsPerSecond) => this.#events.emit("bitrate", { carrier: carrier.name, bitsPerSecond }),
        stalled: () => {
          this.#logger?.warn(`inband: no access unit on ${carrier.name} for a second`);
          this.#events.emit("stalled", { carrier: carrier.name });
        },
        failed: (error) => this.#report(error),
      },
      this.#limits(carrier),
    );
    this.#attached.add(attached);
    this.#logger?.info(`inband: attached ${carrier.name}`);
    for (const message of this.#queue.unexpired(this.#clock())) {
      if (!message.isSettled) message.waiting.add(attached);
      this.#offer(attached, message);
    }
    for (const { parts } of this.#retained.all()) this.#offerStanding(parts, [attached]);
    const newest = this.#heartbeats?.newest;
    if (newest !== undefined) this.#offerStanding(newest, [attached]);
    this.#heartbeats?.beat();
    return { [Symbol.dispose]: () => this.#detach(attached) };
  }

  /**
   * Takes a message and returns at once; the value may be changed afterwards.
   *
   * @throws TypeError or RangeError for a value or an option that cannot be carried; PublishError `queue-full`,
   * `payload-too-large`, `too-many-retained` or `closed`; the reason of a signal that is aborted already. Nothing is sent then.
   */
  publish(value: T, options: PublishOptions = {}): Publication {
    return this.#publish(value, options);
  }

  /**
   * Publishes a text, in UTF-8 where the profile carries bytes, and waits until every carrier has finished with it.
   * Rejects with what `publish` throws.
   */
  async publishText(text: string, options?: PublishOptions): Promise<Receipt> {
    if (typeof text !== "string") throw new TypeError(`text: expected a string, got ${typeof text}`);
    const isRaw = this.#settings.profile.encoding === "raw";
    return this.#publish(isRaw ? new TextEncoder().encode(text) : text, options).sent;
  }

  /**
   * Publishes a value, as JSON in UTF-8 where the profile carries bytes, and waits until every carrier has finished with
   * it. Rejects with what `publish` throws.
   */
  async publishJson(value: unknown, options?: PublishOptions): Promise<Receipt> {
    const isRaw = this.#settings.profile.encoding === "raw";
    return this.#publish(isRaw ? encodeJson(value) : value, options).sent;
  }

  /** Retains a topic no longer: its newest value is not sent again. Without effect where none is retained. */
  unretain(topic?: string): void {
    const last = this.#retained.delete(topic);
    if (last !== undefined) this.#withdrawRetained(last);
  }

  /** Calls a listener for every event of a name. What it throws is reported as `error`. */
  on<Name extends keyof PublisherEvents>(event: Name, listener: (argument: PublisherEvents[Name]) => void): this {
    this.#events.on(event, listener);
    return this;
  }

  /** Calls a listener for the next event of a name. */
  once<Name extends keyof PublisherEvents>(event: Name, listener: (argument: PublisherEvents[Name]) => void): this {
    this.#events.once(event, listener);
    return this;
  }

  /** Takes a listener back. */
  off<Name extends keyof PublisherEvents>(event: Name, listener: (argument: PublisherEvents[Name]) => void): this {
    this.#events.off(event, listener);
    return this;
  }

  /** Cancels everything that waits. */
  clear(): void {
    for (const message of this.#queue.waiting()) this.#giveUp(message, "cancelled");
  }

  stats(): PublisherStats {
    const { messages: queuedMessages, bytes: queuedBytes } = this.#queue;
    return { ...this.#counts, queuedMessages, queuedBytes, retainedTopics: this.#retained.size };
  }

  /** Detaches every carrier and gives up what waits, as `dropped`; to let it leave, await `sent` first. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#heartbeats?.stop();
    this.#retained.clear();
    for (const attached of [...this.#attached]) this.#detach(attached);
    for (const message of this.#queue.waiting()) {
      this.#queue.giveUp(message, "dropped");
      this.#settle(message);
    }
    this.#queue.clear();
    this.#events.removeAllListeners();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #publish(value: unknown, options: PublishOptions = {}): Publication {
    const { topic, signal } = options;
    const { profile } = this.#settings;
    if (this.#isClosed) throw new PublishError("closed", "The publisher is closed");
    signal?.throwIfAborted();
    checkPublishOptions(options, profile);
    const nowMs = this.#now();
    const id = createMessageId({ nowMs, ...(this.#random === undefined ? {} : { random: this.#random }) });
    const sequence = this.#sequences.peek(topic);
    const message = new PendingMessage(this.#parts(value, id, sequence, options), topic, sequence);
    if (options.retain) this.#retained.check(topic, encodeValue(value).length);
    for (const victim of this.#queue.victimsFor(message.bytes, message.priority)) this.#giveUp(victim, "dropped");
    this.#sequences.advance(topic);
    this.#counts.published += 1;
    this.#queue.add(message);
    if (signal !== undefined) {
      const abort = (): void => this.#giveUp(message, "cancelled");
      signal.addEventListener("abort", abort, { once: true });
      message.release = () => signal.removeEventListener("abort", abort);
    }
    // All of them before any is offered it: one that reports at once must not settle it for the others.
    for (const attached of this.#attached) message.waiting.add(attached);
    for (const attached of [...this.#attached]) this.#offer(attached, message);
    if (options.retain && message.givenUp === undefined) this.#retain(message);
    this.#arm();
    return { id, sent: message.sent, cancel: () => this.#giveUp(message, "cancelled") };
  }

  #parts(value: unknown, id: string, sequence: number, options: PublishOptions): Part[] {
    const { profile, copies, keyFrameCopies, expiresAfterMs } = this.#settings;
    const { topic, timestamp } = options;
    const flags = options.retain ? EnvelopeFlag.Retained : 0;
    const header = { id, source: this.#source, sequence, flags, ...(topic === undefined ? {} : { topic }) };
    const expiresAtMs = this.#clock() + (options.expiresAfterMs ?? expiresAfterMs);
    try {
      return encodeMessage(profile, value, header).map((encoded) => ({
        messageId: id,
        uuid: profile.uuid,
        ...encoded,
        ...(timestamp === undefined ? {} : { timestamp }),
        copies: options.copies ?? copies,
        keyFrameCopies,
        priority: options.priority ?? 1,
        expiresAtMs,
        ...(profile.copiesWithinMs === undefined ? {} : { copiesWithinMs: profile.copiesWithinMs }),
        alone: profile.alone,
      }));
    } catch (error) {
      if (!(error instanceof WireError) || error.code !== "payload-too-large") throw error;
      const { limitBytes, actualBytes } = error;
      throw new PublishError("payload-too-large", error.message, { limitBytes, actualBytes, cause: error });
    }
  }

  #limits(carrier: SeiCarrier): CarrierLimits {
    const { bytesPerAccessUnit, bytesPerSecond } = carrier.limits;
    return {
      bytesPerAccessUnit,
      bytesPerSecond: Math.min(bytesPerSecond, this.#settings.profile.bytesPerSecond ?? Number.POSITIVE_INFINITY),
    };
  }

  #offer(attached: Attached, message: PendingMessage): void {
    if (attached.isLeaving || message.givenUp !== undefined) return;
    try {
      attached.open?.offer(message.parts);
    } catch (error) {
      this.#report(error);
      this.#reported(attached, { messageId: message.id, outcome: "dropped", streams: [] });
    }
  }

  /** Offers what stands until it is withdrawn. No carrier reports on it. */
  #offerStanding(parts: readonly Part[], carriers: Iterable<Attached> = [...this.#attached]): void {
    for (const { open, isLeaving } of carriers) {
      try {
        if (!isLeaving) open?.offer(parts);
      } catch (error) {
        this.#report(error);
      }
    }
  }

  #retain(message: PendingMessage): void {
    const last = this.#retained.set(message, message.parts);
    if (last !== undefined) this.#withdrawRetained(last);
    const current = this.#retained.get(message.topic, message.id);
    if (current !== undefined) this.#offerStanding(current.parts);
  }

  #withdrawRetained({ parts, topic, sequence, isUnsent }: RetainedMessage): void {
    const messageId = parts[0]?.messageId;
    if (messageId !== undefined) this.#withdraw(messageId, () => {});
    if (isUnsent) this.#heartbeats?.settled(topic, sequence, true);
  }

  #withdraw(messageId: string, failed: (attached: Attached) => void): void {
    for (const attached of [...this.#attached]) {
      try {
        attached.open?.withdraw(messageId);
      } catch (error) {
        this.#report(error);
        failed(attached);
      }
    }
  }

  #reported(attached: Attached, report: SentReport): void {
    const message = this.#queue.get(report.messageId);
    if (message === undefined || !message.waiting.delete(attached)) return;
    // A carrier that leaves gives up what a later one may still send.
    if (report.outcome === "sent" || !attached.isLeaving) {
      message.reports.push({ name: attached.carrier.name, report });
    }
    this.#settleIfDone(message);
  }

  #settleIfDone(message: PendingMessage): void {
    if (message.isSettled || message.waiting.size > 0) return;
    if (message.reports.length > 0 || message.givenUp !== undefined) this.#settle(message);
  }

  #settle(message: PendingMessage): void {
    const receipt = message.settle();
    // Without ids a receiver would take a copy that comes much later for a new message.
    this.#queue.settled(message, this.#settings.profile.copiesWithinMs === undefined && !this.#isClosed);
    this.#counts[receipt.outcome] += 1;
    for (const { copies, bytes } of receipt.carriers) {
      this.#counts.copies += copies;
      this.#counts.bytes += bytes;
    }
    const isUnsent = receipt.outcome !== "sent";
    const retained = this.#retained.get(message.topic, message.id);
    if (retained !== undefined) retained.isUnsent = isUnsent;
    if (!this.#isClosed) this.#heartbeats?.settled(message.topic, message.sequence, isUnsent && retained === undefined);
    if (isUnsent) this.#logger?.debug(`inband: message ${receipt.id} ${receipt.outcome}`);
    this.#events.emit("settled", receipt);
  }

  #giveUp(message: PendingMessage, why: "cancelled" | "dropped"): void {
    if (message.givenUp !== undefined) return;
    this.#queue.giveUp(message, why);
    const isRetained = this.#retained.get(message.topic, message.id) !== undefined;
    if (why === "cancelled" && !message.isSettled && isRetained) this.unretain(message.topic);
    this.#withdraw(message.id, (attached) => message.waiting.delete(attached));
    this.#settleIfDone(message);
  }

  #detach(attached: Attached): void {
    if (!this.#attached.delete(attached)) return;
    attached.isLeaving = true;
    try {
      attached.open?.[Symbol.dispose]();
    } catch (error) {
      this.#report(error);
    }
    for (const message of this.#queue.waiting()) {
      if (message.waiting.delete(attached)) this.#settleIfDone(message);
    }
    this.#arm();
    this.#logger?.info(`inband: detached ${attached.carrier.name}`);
  }

  /** Starts the timer that settles what expires without a carrier. */
  #arm(): void {
    if (this.#isClosed) return;
    const nowMs = this.#clock();
    const atMs = Math.min(
      this.#queue.nextExpiryMs(nowMs),
      nowMs + (this.#queue.messages > 0 ? 1000 : Number.POSITIVE_INFINITY),
    );
    if (atMs < this.#timerAtMs) {
      clearTimeout(this.#timer);
      this.#timerAtMs = atMs;
      this.#timer = setTimeout(() => this.#wake(), Math.max(1, atMs - nowMs));
    }
    holdProcess(this.#timer, this.#queue.messages > 0);
  }

  #wake(): void {
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock();
    this.#queue.sweep(nowMs);
    for (const message of this.#queue.waiting()) {
      const isOver = nowMs >= message.expiresAtMs && message.waiting.size === 0;
      if (isOver || nowMs >= message.expiresAtMs + reportGraceMs) this.#settle(message);
    }
    this.#arm();
  }

  /** Reports as `error`; what a listener for errors throws goes to the logger alone. */
  #report(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
    this.#logger?.error(`inband: ${error.message}`);
    if (this.#isReportingError) return;
    this.#isReportingError = true;
    try {
      this.#events.emit("error", error);
    } finally {
      this.#isReportingError = false;
    }
  }
}
