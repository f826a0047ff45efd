/// <reference lib="esnext.disposable" preserve="true" />

import { type SeiFeed, type UserData, type UserDataPlace, WakeTimer } from "@inband/stream";
import type { Profile } from "@inband/wire";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Attachment } from "./attachment.ts";
import { checkAttach, checkedOptions } from "./checked-options.ts";
import { decodeMessage } from "./decode-message.ts";
import type { DeliveredMessage } from "./delivered-message.ts";
import { expectThat } from "./expect-that.ts";
import { type AttachmentOwner, type Delivery, FeedAttachment } from "./feed-attachment.ts";
import type { FeedGroup } from "./feed-group.ts";
import { FeedGroups } from "./feed-groups.ts";
import { readIncoming } from "./incoming.ts";
import { MessageReaders } from "./message-readers.ts";
import { profileOf } from "./profile-of.ts";
import type { MessageOf, TopicMessage } from "./received-message.ts";
import { type LateMessage, Reports } from "./reports.ts";
import { SubscribeError } from "./subscribe-error.ts";
import type { NoTopics, SubscriberEvents } from "./subscriber-events.ts";
import type { AttachOptions, MessagesOptions, SeiSubscriberOptions } from "./subscriber-options.ts";
import type { SubscriberStats } from "./subscriber-stats.ts";
import { type SubscriberTopic, subscriberTopic } from "./subscriber-topic.ts";
import { Validation } from "./validation.ts";

type Listener<T, Topics extends object, Name extends keyof SubscriberEvents> = (
  argument: SubscriberEvents<T, Topics>[Name],
) => unknown;

/**
 * Receives messages from inside video and delivers each one once.
 *
 * The same class in Node and in browsers; what differs is the feed. `T` is the type of the values, `Topics` a map of topics
 * to the types of their values; it can be inferred from `schemas`.
 *
 * @example
 * ```ts
 * const chat = new SeiSubscriber<Chat>();
 * chat.attach(browserFeed(receiver)).presentWith(video);
 * chat.on("message", ({ value, topic }) => console.log(topic, value.text));
 * ```
 */
export class SeiSubscriber<T = unknown, Topics extends object = NoTopics> {
  readonly #profiles: readonly Profile[];
  readonly #reports: Reports;
  readonly #attachments = new Set<FeedAttachment<T>>();
  readonly #owner: AttachmentOwner<T>;
  readonly #groups: FeedGroups<Delivery<T>>;
  readonly #validation: Validation<T, FeedAttachment<T>>;
  readonly #readers: MessageReaders<T>;
  readonly #alarm: WakeTimer;
  #rawMessages = 0;
  #isClosed = false;

  /** @throws TypeError or RangeError that names the option. */
  constructor(options: SeiSubscriberOptions<Topics> = {}) {
    const { profiles, gapTimeoutMs, makeOrder, stalledAfterMs, schemas, logger } = checkedOptions(options);
    const reports = new Reports(logger);
    this.#profiles = profiles;
    this.#reports = reports;
    this.#alarm = new WakeTimer(() => this.#wake(), reports.clock);
    this.#owner = {
      reports,
      stalledAfterMs,
      receive: (attachment, message, place) => this.#receive(attachment, message, place),
      closed: (attachment) => {
        this.#attachments.delete(attachment);
        this.#groups.prune();
        reports.info(`detached ${attachment.feed}`);
      },
    };
    this.#groups = new FeedGroups({
      gapTimeoutMs,
      reports,
      makeOrder: (gaps) => makeOrder(gaps, ({ message, attachment }) => this.#late(message, attachment)),
    });
    this.#validation = new Validation(schemas, {
      valid: (message, attachment) => this.#deliver(message, attachment),
      invalid: (error, { errorLimit }) => {
        if (this.#isClosed) return;
        reports.counts.invalid += 1;
        reports.error(error, errorLimit);
      },
    });
    this.#readers = new MessageReaders(reports);
  }

  /**
   * Reads a feed from now on.
   *
   * @throws SubscribeError `closed`; TypeError if `feed` is not a feed or is attached already, or an option is wrong; what
   * the feed throws on opening.
   */
  attach(feed: SeiFeed, options: AttachOptions = {}): Attachment {
    if (this.#isClosed) throw new SubscribeError("closed", "The subscriber is closed");
    checkAttach(feed, options);
    for (const { source } of this.#attachments) {
      if (source === feed) throw new TypeError(`feed: ${feed.name} is attached already`);
    }
    const attachment = new FeedAttachment<T>(feed, this.#groups.of(feed.name, options.group), this.#owner);
    this.#attachments.add(attachment);
    attachment.open(this);
    this.#reports.info(`attached ${feed.name}`);
    return attachment;
  }

  /**
   * Calls a listener for every event of a name. What it throws, or rejects with, is reported as `error`.
   *
   * @throws TypeError for the name of no event.
   */
  on<Name extends keyof SubscriberEvents>(event: Name, listener: Listener<T, Topics, Name>): this {
    this.#reports.events.on(event, listener as never);
    return this;
  }

  /** Calls a listener for the next event of a name. */
  once<Name extends keyof SubscriberEvents>(event: Name, listener: Listener<T, Topics, Name>): this {
    this.#reports.events.once(event, listener as never);
    return this;
  }

  /** Removes a listener. */
  off<Name extends keyof SubscriberEvents>(event: Name, listener: Listener<T, Topics, Name>): this {
    this.#reports.events.off(event, listener as never);
    return this;
  }

  /**
   * One topic, with listeners and readers of its own. Its values have the type that the map of topics says, that the
   * schema returns, or that you name: `topic<Chat>("chat")`. A schema validates the topic for all who listen to this
   * subscriber, as the option `schemas` does.
   *
   * @throws TypeError if `name` is not a string, `schema` is not a Standard Schema, or the topic has another schema.
   */
  topic<Name extends keyof Topics & string>(name: Name): SubscriberTopic<Topics[Name]>;
  topic<Value = T>(name: string, schema?: StandardSchemaV1<unknown, Value>): SubscriberTopic<Value>;
  topic(name: string, schema?: StandardSchemaV1): SubscriberTopic<unknown> {
    expectThat(typeof name === "string", "name", "a string", typeof name);
    if (schema !== undefined) this.#validation.add(name, schema);
    return subscriberTopic<unknown>(name, this.#reports.events, this.#readers);
  }

  /**
   * The messages from now on, for a reader that takes them at its own pace. Ends when the subscriber is closed; rejects with
   * the reason of the signal when that is aborted.
   */
  messages<Topic extends keyof Topics & string>(
    options: MessagesOptions & { readonly topic: Topic },
  ): AsyncIterable<TopicMessage<Pick<Topics, Topic>>>;
  messages(options?: MessagesOptions): AsyncIterable<MessageOf<T, Topics>>;
  messages(options: MessagesOptions = {}): AsyncIterable<unknown> {
    return this.#readers.messages(options);
  }

  /** What has been counted since the subscriber was made. */
  stats(): SubscriberStats {
    for (const { reassembly } of this.#groups) reassembly.sweep(this.#reports.clock());
    return { ...this.#reports.counts };
  }

  /** Ends every feed and every reader. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const attachment of this.#attachments) attachment.close();
    this.#readers.close();
    this.#alarm.stop();
    this.#groups.close();
    this.#reports.events.removeAllListeners();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The way of a message, step by step: each step is a file. Throws WireError for a broken message. */
  #receive(attachment: FeedAttachment<T>, userData: UserData, place: UserDataPlace): void {
    this.#reports.counts.userData += 1;
    const profile = profileOf(this.#profiles, userData);
    if (profile === undefined) {
      this.#reports.counts.foreign += 1;
      return;
    }
    const nowMs = this.#reports.clock();
    const { feed, group, mediaClock: clock } = attachment;
    const incoming = readIncoming(profile, userData);
    attachment.heard(incoming, nowMs);
    if (incoming.isHeartbeat) {
      group.heartbeats.read(incoming, attachment.strips.hasFlowed(nowMs), nowMs);
      this.#release(group, nowMs);
      return;
    }
    const elapsed = clock.note(place, nowMs);
    // A late joiner gets messages that speak of access units before its first one. Where that is unknown they may be live.
    const isBacklog = (incoming.age | 0) > elapsed;
    const arrival = { feed, clock, elapsed, place, isBacklog, atMs: nowMs };
    const copyOf = group.seen.find(incoming, arrival);
    if (copyOf !== undefined) {
      if (incoming.index === 0) this.#reports.duplicate(copyOf, place);
      return;
    }
    const whole = group.reassembly.join(incoming, nowMs);
    if (whole === undefined) return;
    // Noted before it is decoded, so that a broken message is one error and not one for each copy.
    const tally = group.seen.note(whole, whole.id ?? `raw-${this.#rawMessages++}`, arrival);
    // The state of a topic matters more than its place; the rest of a backlog is delivered in order or not at all.
    if (isBacklog && !whole.isRetained && group.gaps.isStale(whole)) {
      this.#late(whole, attachment);
      return;
    }
    group.gaps.arrived(whole, isBacklog || whole.isRetained === true, nowMs);
    try {
      const message = decodeMessage<T>(whole, tally, arrival);
      this.#validate(group.order.take(whole, { message, attachment }, nowMs));
    } finally {
      this.#release(group, nowMs);
    }
  }

  /** What has arrived may be what other messages waited for. */
  #release(group: FeedGroup<Delivery<T>>, nowMs: number): void {
    this.#validate(group.order.due(nowMs));
    if (!this.#isClosed) this.#alarm.by(group.nextDeadlineMs());
  }

  /** Does what is due when nothing else arrives. */
  #wake(): void {
    const nowMs = this.#reports.clock();
    for (const group of this.#groups) this.#validate(group.due(nowMs));
    this.#groups.prune();
    for (const group of this.#groups) this.#alarm.by(group.nextDeadlineMs());
  }

  #validate(ordered: Iterable<Delivery<T>>): void {
    for (const { message, attachment } of ordered) this.#validation.check(message, attachment);
  }

  #deliver(message: DeliveredMessage<T>, attachment: FeedAttachment<T>): void {
    if (this.#isClosed) return;
    this.#reports.received(message);
    try {
      attachment.delivered(message);
    } catch (error) {
      this.#reports.error(error);
    }
    this.#readers.push(message);
    this.#reports.events.emit("message", message);
  }

  #late(message: LateMessage, { feed, group }: FeedAttachment<T>): void {
    this.#reports.late(message, feed, group.lateLimit);
  }
}
