/// <reference lib="esnext.disposable" preserve="true" />

import {
  type CarrierEvents,
  type CarrierLimits,
  checkLimits,
  risingClock,
  type SeiCarrier,
  steadyNowMs,
} from "@inband/stream";
import { encodeJson, inband, kindOf } from "@inband/wire";
import { AttachedCarrier } from "./attached-carrier.ts";
import type { SeiPublisherArguments } from "./carriable.ts";
import { Heartbeats } from "./heartbeats.ts";
import { fitting, MessageEncoder } from "./message-encoder.ts";
import { Notifications } from "./notifications.ts";
import { PendingMessage } from "./pending-message.ts";
import { Publications } from "./publications.ts";
import { PublishError } from "./publish-error.ts";
import { checkPublishOptions, type PublishOptions } from "./publish-options.ts";
import type { PublisherEvents, PublisherStats } from "./publisher-events.ts";
import { type PublisherSettings, publisherSettings, type SeiPublisherOptions } from "./publisher-options.ts";
import { type PublisherTopic, type PublisherTopicOptions, publisherTopic } from "./publisher-topic.ts";
import type { Publication, Receipt } from "./receipt.ts";
import { SequenceNumbers } from "./sequence-numbers.ts";
import { Standing } from "./standing.ts";

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
  readonly #now: () => number;
  readonly #clock: () => number;
  readonly #encoder: MessageEncoder;
  readonly #sequences = new SequenceNumbers();
  readonly #carriers = new Set<AttachedCarrier>();
  readonly #publications: Publications;
  readonly #standing: Standing;
  readonly #notifications: Notifications;
  #isClosed = false;

  /** @throws TypeError or RangeError that names the option. */
  constructor(...given: SeiPublisherArguments<T>) {
    const [options = {}] = given as [options?: SeiPublisherOptions];
    this.#settings = publisherSettings(options, inband);
    this.#now = options.now ?? (() => Date.now());
    this.#clock = options.clock === undefined ? steadyNowMs : risingClock(options.clock);
    this.#encoder = new MessageEncoder(this.#settings, options.random);
    this.#notifications = new Notifications(options.logger);
    this.#standing = new Standing(this.#carriers, this.#heartbeats());
    this.#publications = new Publications(this.#settings, this.#carriers, {
      clock: this.#clock,
      cancelled: (message) => this.#standing.cancelled(message),
      settled: (message, receipt) => this.#settled(message, receipt),
      failed: (error) => this.#notifications.error(error),
    });
  }

  /** Messages that wait; retained ones wait no longer than others. */
  get queueSize(): number {
    return this.#publications.size;
  }

  /**
   * Sends the messages through a carrier too, those that wait and have not expired included. Disposing of the result
   * detaches it.
   *
   * @throws PublishError `closed`; TypeError when `carrier` is not a carrier or is attached already; what the carrier
   * throws on opening.
   */
  attach(carrier: SeiCarrier): Disposable {
    if (this.#isClosed) throw new PublishError("closed", "The publisher is closed");
    if (typeof carrier?.open !== "function") {
      const expected = "expected a carrier, as new WeriftVideo() or browserCarrier(sender) makes one";
      throw new TypeError(`carrier: ${expected}, got ${kindOf(carrier)}`);
    }
    checkLimits(carrier.limits);
    for (const attached of this.#carriers) {
      if (attached.carrier === carrier) throw new TypeError(`carrier: ${carrier.name} is attached already`);
    }
    const attached = new AttachedCarrier(
      carrier,
      this.#limits(carrier),
      (self) => this.#eventsOf(self),
      (thrown) => this.#notifications.error(thrown),
    );
    this.#notifications.log("info", `attached ${carrier.name}`);
    this.#publications.attach(attached);
    this.#standing.attached(attached);
    return {
      [Symbol.dispose]: () => {
        if (!this.#carriers.has(attached)) return;
        this.#standing.detaching(attached);
        this.#publications.detach(attached);
        this.#notifications.log("info", `detached ${carrier.name}`);
      },
    };
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
    if (typeof text !== "string") throw new TypeError(`text: expected a string, got ${kindOf(text)}`);
    const isRaw = this.#settings.profile.encoding === "raw";
    return this.#publish(isRaw ? new TextEncoder().encode(text) : text, options).sent;
  }

  /**
   * Publishes a value, as JSON in UTF-8 where the profile carries bytes, and waits until every carrier has finished with
   * it. Rejects with what `publish` throws.
   */
  async publishJson(value: unknown, options?: PublishOptions): Promise<Receipt> {
    const isRaw = this.#settings.profile.encoding === "raw";
    return this.#publish(isRaw ? fitting(() => encodeJson(value)) : value, options).sent;
  }

  /** What belongs to a topic is said once: `publisher.topic<Chat>("chat", { priority: 2, retain: true }).publish(value)`. */
  topic<Value extends T = T>(name: string, options: PublisherTopicOptions<Value> = {}): PublisherTopic<Value> {
    return publisherTopic(name, options, {
      publish: (value, each) => this.#publish(value, each),
      unretain: (topic) => this.unretain(topic),
    });
  }

  /**
   * Resolves when the queue has room for one more message: what reads from a pipe awaits it before it publishes. Of several
   * who wait each has its turn to publish. Resolves when the publisher is closed, too.
   */
  get ready(): Promise<void> {
    return this.#publications.whenRoom();
  }

  /** Resolves when no message waits any more, sent or not. */
  flush(): Promise<void> {
    return this.#publications.whenEmpty();
  }

  /** Stops retaining a topic: its newest value is not sent again. Without effect where none is retained. */
  unretain(topic?: string): void {
    if (topic !== undefined && typeof topic !== "string") {
      throw new TypeError(`topic: expected a string, got ${kindOf(topic)}`);
    }
    this.#standing.unretain(topic);
  }

  /**
   * Calls a listener for every event of a name, when the work at hand is done: no listener holds up an access unit. What
   * it throws, or rejects with, is reported as `error`.
   *
   * @throws TypeError for an unknown event.
   */
  on<Name extends keyof PublisherEvents>(event: Name, listener: (argument: PublisherEvents[Name]) => unknown): this {
    this.#notifications.events.on(event, listener);
    return this;
  }

  /** Calls a listener for the next event of a name. */
  once<Name extends keyof PublisherEvents>(event: Name, listener: (argument: PublisherEvents[Name]) => unknown): this {
    this.#notifications.events.once(event, listener);
    return this;
  }

  /** Removes a listener. */
  off<Name extends keyof PublisherEvents>(event: Name, listener: (argument: PublisherEvents[Name]) => unknown): this {
    this.#notifications.events.off(event, listener);
    return this;
  }

  /** Cancels everything that waits. */
  clear(): void {
    this.#publications.clear();
  }

  stats(): PublisherStats {
    return { ...this.#publications.stats(), retainedTopics: this.#standing.size };
  }

  /** Detaches every carrier and gives up what waits, as `dropped`; to let it leave, await `flush()` first. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#standing.close();
    this.#publications.close();
    this.#notifications.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #publish(value: unknown, options: PublishOptions = {}): Publication {
    if (this.#isClosed) throw new PublishError("closed", "The publisher is closed");
    checkPublishOptions(options, this.#settings.profile);
    const { topic, signal, retain } = options;
    signal?.throwIfAborted();
    const nowMs = this.#now();
    if (!Number.isFinite(nowMs)) throw new RangeError(`now: expected milliseconds since 1970, got ${kindOf(nowMs)}`);
    const id = this.#encoder.createId(nowMs);
    const sequence = this.#sequences.peek(topic);
    const encoded = this.#encoder.message(value, { id, sequence, nowMs: this.#clock() }, options);
    const message = new PendingMessage(encoded.message, topic, sequence);
    if (retain) this.#standing.check(topic, encoded.valueBytes);
    this.#publications.makeRoom(message);
    this.#sequences.advance(topic);
    const cancel = (): void => this.#publications.giveUp(message, "cancelled");
    if (signal !== undefined) {
      signal.addEventListener("abort", cancel, { once: true });
      message.release = () => signal.removeEventListener("abort", cancel);
    }
    this.#standing.published(message);
    this.#publications.add(message);
    if (retain && message.givenUp === undefined) this.#standing.retain(message);
    return { id, sent: message.sent, cancel };
  }

  #limits(carrier: SeiCarrier): CarrierLimits {
    const { bytesPerAccessUnit, bytesPerSecond } = carrier.limits;
    return {
      bytesPerAccessUnit,
      bytesPerSecond: Math.min(bytesPerSecond, this.#settings.profile.bytesPerSecond ?? Number.POSITIVE_INFINITY),
    };
  }

  #eventsOf(attached: AttachedCarrier): CarrierEvents {
    const carrier = attached.carrier.name;
    const { events } = this.#notifications;
    return {
      sent: (reports) => this.#publications.reported(attached, reports),
      keyFrameRequest: () => events.emit("keyFrameRequest", { carrier }),
      bitrate: (bitsPerSecond) => events.emit("bitrate", { carrier, bitsPerSecond }),
      stalled: () => {
        this.#notifications.log("warn", `no access unit on ${carrier} for a second`);
        events.emit("stalled", { carrier });
      },
      failed: (error) => this.#notifications.error(error),
    };
  }

  #heartbeats(): Heartbeats | undefined {
    const { profile, heartbeat } = this.#settings;
    if (!heartbeat || profile.encoding !== "envelope") return undefined;
    return new Heartbeats({
      encoder: this.#encoder,
      // What the application's own clock says wrong is told by `publish`.
      now: () => {
        const nowMs = this.#now();
        return Number.isFinite(nowMs) ? nowMs : Date.now();
      },
      clock: this.#clock,
      hasCarriers: () => this.#carriers.size > 0,
      offer: (message) => this.#standing.offer(message),
    });
  }

  #settled(message: PendingMessage, receipt: Receipt): void {
    this.#standing.settled(message, receipt.outcome !== "sent");
    if (this.#notifications.isLogged) this.#notifications.log("debug", describe(message, receipt));
    this.#notifications.events.emit("settled", receipt);
  }
}

function describe({ id, topic, bytes }: PendingMessage, { outcome, streams }: Receipt): string {
  const copies = streams.reduce((sum, stream) => sum + stream.copies, 0);
  return `message ${id}${topic === undefined ? "" : ` on ${JSON.stringify(topic)}`} ${outcome}, ${bytes} bytes, copies: ${copies}`;
}
