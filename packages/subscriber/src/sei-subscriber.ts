/// <reference lib="esnext.disposable" preserve="true" />
import { type Attachment, FeedAttachment } from "./attachment.ts";
import { BrokenSeiError } from "./broken-sei-error.ts";
import { ErrorReports } from "./error-reports.ts";
import type { SeiFeed } from "./feed.ts";
import { GuardedEmitter } from "./guarded-emitter.ts";
import { MessageIntake } from "./message-intake.ts";
import { MessageStream } from "./message-stream.ts";
import type { DeliveredMessage, MessageOf, Presented, ReceivedMessage, TopicMessage } from "./received-message.ts";
import { steadyClock } from "./steady-clock.ts";
import {
  type Counts,
  eventNames,
  type NoTopics,
  type SubscriberEvents,
  type SubscriberStats,
} from "./subscriber-events.ts";
import {
  type AttachOptions,
  checkedOptions,
  checkOptions,
  expectThat,
  type MessagesOptions,
  type SeiSubscriberOptions,
} from "./subscriber-options.ts";
import { Validation } from "./validation.ts";

/**
 * Receives messages from inside video and hands each one over once.
 *
 * The same class in Node and in browsers; what differs is the feed. `T` is the type of the values, `Topics` a map of
 * topics to the types of theirs; with `schemas` it follows from them.
 *
 * @example
 * ```ts
 * const chat = new SeiSubscriber<Chat>();
 * chat.attach(browserFeed(receiver)).presentWith(video);
 * chat.on("message", ({ value, topic }) => console.log(topic, value.text));
 * ```
 */
export class SeiSubscriber<T = unknown, Topics extends object = NoTopics> {
  readonly #logger: Exclude<SeiSubscriberOptions["logger"], false>;
  readonly #clock: () => number;
  readonly #stalledAfterMs: number;
  readonly #events: GuardedEmitter<SubscriberEvents<T, Topics>>;
  readonly #errors: ErrorReports;
  readonly #attachments = new Set<FeedAttachment<T>>();
  readonly #streams = new Set<MessageStream<T>>();
  readonly #intake: MessageIntake<T>;
  readonly #validation: Validation<T, FeedAttachment<T>>;
  readonly #counts: Counts = {
    accessUnits: 0,
    userData: 0,
    broken: 0,
    foreign: 0,
    messages: 0,
    duplicates: 0,
    missing: 0,
    late: 0,
    invalid: 0,
    incomplete: 0,
    lagged: 0,
    errors: 0,
  };
  #isClosed = false;

  /** @throws TypeError or RangeError that names the option. */
  constructor(options: SeiSubscriberOptions<Topics> = {}) {
    const { profiles, order, gapTimeoutMs, orderTimeoutMs, stalledAfterMs, schemas, logger, now } =
      checkedOptions(options);
    const counts = this.#counts;
    const clock = steadyClock(now ?? (() => performance.now()));
    this.#logger = logger || undefined;
    this.#stalledAfterMs = stalledAfterMs;
    this.#clock = clock;
    this.#events = new GuardedEmitter(eventNames, (thrown, event) =>
      this.#errors.report(thrown, undefined, event === "error"),
    );
    this.#errors = new ErrorReports({ logger, counts, clock, emit: (error) => this.#events.emit("error", error) });
    this.#validation = new Validation(schemas, {
      valid: (message, attachment) => this.#deliver(message, attachment),
      invalid: (error, { errorLimit }) => {
        if (this.#isClosed) return;
        counts.invalid += 1;
        this.#errors.report(error, errorLimit);
      },
    });
    this.#intake = new MessageIntake<T>(
      {
        profiles: [...profiles],
        gapTimeoutMs,
        orderTimeoutMs: order === "sequence" ? orderTimeoutMs : undefined,
        counts,
        clock,
        wallClock: now ?? Date.now,
      },
      {
        message: ({ message, attachment }) => this.#validation.add(message, attachment),
        duplicate: (tally, { stream }) => {
          tally.copies += 1;
          counts.duplicates += 1;
          this.#events.emit("duplicate", { id: tally.id, copies: tally.copies, stream });
        },
        gap: (gap) => this.#tell("warn", "gap", gap),
        late: (late) => this.#events.emit("late", late),
        sign: (attachment, sign, nowMs) => {
          const { group, life, strips } = attachment;
          life.userData(sign.heartbeat !== undefined);
          strips.sign(sign, nowMs);
          if (group.feeds < 2) return;
          for (const other of this.#attachments) {
            if (other !== attachment && other.group === group) other.strips.signElsewhere(sign.source, nowMs);
          }
        },
      },
    );
  }

  /**
   * Reads a feed from now on.
   *
   * @throws TypeError when `feed` is none or is attached already, or an option is wrong; Error when the subscriber is
   * closed; what the feed throws on opening.
   */
  attach(feed: SeiFeed, options: AttachOptions = {}): Attachment {
    if (this.#isClosed) throw new Error("The subscriber is closed");
    const isFeed = typeof feed?.open === "function";
    expectThat(isFeed, "feed", "a feed, as browserFeed(receiver) or weriftFeed(transceiver) makes one", typeof feed);
    checkOptions(options, "group");
    const { group } = options;
    expectThat(group === undefined || typeof group === "string", "group", "a string", typeof group);
    for (const { source } of this.#attachments) {
      if (source === feed) throw new TypeError(`feed: ${feed.name} is attached already`);
    }
    const attachment = new FeedAttachment<T>(feed, this.#intake.join(feed.name, group), {
      present: (presented) => this.#events.emit("present", presented as MessageOf<T, Topics> & Presented),
      tell: (event, argument) =>
        this.#tell(event === "stripped" || event === "stalled" ? "warn" : "info", event, argument),
      stalledAfterMs: this.#stalledAfterMs,
      closed: (closed) => {
        this.#attachments.delete(closed);
        this.#intake.leave(closed.group);
        this.#logger?.info(`inband: detached ${feed.name}`);
      },
      now: this.#clock,
    });
    this.#attachments.add(attachment);
    try {
      attachment.opened(
        feed.open({
          userData: (message, place) => {
            if (attachment.isClosed) return;
            this.#counts.userData += 1;
            try {
              this.#intake.add(attachment, message, place);
            } catch (error) {
              this.#errors.report(error, attachment.errorLimit);
            }
          },
          accessUnits: (count, first) => {
            if (attachment.isClosed) return;
            const nowMs = this.#clock();
            this.#counts.accessUnits += count;
            attachment.join.note(first ?? {}, nowMs);
            attachment.strips.accessUnits(count, nowMs);
            attachment.life.accessUnit();
          },
          broken: (count, stream) => {
            if (attachment.isClosed) return;
            this.#counts.broken += count;
            this.#errors.report(new BrokenSeiError(feed.name, stream, count), attachment.errorLimit);
          },
          failed: (error) => this.#errors.report(error, attachment.errorLimit),
          stalled: (reason) => {
            if (!attachment.isClosed) attachment.life.stalled(reason);
          },
          ended: (reason) => {
            if (!attachment.isClosed) attachment.life.ended(reason);
          },
        }),
      );
    } catch (error) {
      attachment.close();
      throw error;
    }
    this.#logger?.info(`inband: attached ${feed.name}`);
    return attachment;
  }

  /**
   * Calls a listener for every event of a name. What it throws, or rejects with, is reported as `error`.
   *
   * @throws TypeError for a name of no event.
   */
  on<Name extends keyof SubscriberEvents>(event: Name, listener: Listener<T, Topics, Name>): this {
    this.#events.on(event, listener);
    return this;
  }

  /** Calls a listener for the next event of a name. */
  once<Name extends keyof SubscriberEvents>(event: Name, listener: Listener<T, Topics, Name>): this {
    this.#events.once(event, listener);
    return this;
  }

  /** Takes a listener back. */
  off<Name extends keyof SubscriberEvents>(event: Name, listener: Listener<T, Topics, Name>): this {
    this.#events.off(event, listener);
    return this;
  }

  /**
   * The messages from now on, for a reader who takes them at his own pace. Ends when the subscriber is closed; rejects
   * with the reason of the signal when that is aborted.
   */
  messages<Topic extends keyof Topics & string>(
    options: MessagesOptions & { readonly topic: Topic },
  ): AsyncIterable<TopicMessage<Pick<Topics, Topic>>>;
  messages(options?: MessagesOptions): AsyncIterable<MessageOf<T, Topics>>;
  messages(options: MessagesOptions = {}): AsyncIterable<unknown> {
    checkOptions(options, "topic, signal, bufferSize");
    const { topic, signal, bufferSize = 256 } = options;
    if (!Number.isInteger(bufferSize) || bufferSize < 1) {
      throw new RangeError(`bufferSize: expected an integer of at least 1, got ${bufferSize}`);
    }
    return {
      [Symbol.asyncIterator]: () => {
        const stream: MessageStream<T> = new MessageStream<T>(topic, bufferSize, signal, {
          lagged: (missed) => {
            this.#counts.lagged += missed;
            this.#tell("warn", "lagged", { topic, missed });
          },
          ended: () => this.#streams.delete(stream),
        });
        if (this.#isClosed) stream.close();
        else if (!signal?.aborted) this.#streams.add(stream);
        return stream;
      },
    };
  }

  /** What has been counted since the subscriber was made. */
  stats(): SubscriberStats {
    this.#intake.sweep();
    return { ...this.#counts };
  }

  /** Ends every feed and every reader. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const attachment of [...this.#attachments]) attachment.close();
    for (const stream of [...this.#streams]) stream.close();
    this.#intake.close();
    this.#events.removeAllListeners();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #deliver(message: DeliveredMessage<T>, attachment: FeedAttachment<T>): void {
    if (this.#isClosed) return;
    this.#counts.messages += 1;
    const { id, topic } = message;
    this.#logger?.debug(`inband: message ${id}${topic === undefined ? "" : ` on ${printable(topic)}`} received`);
    try {
      attachment.delivered(message);
    } catch (error) {
      this.#errors.report(error);
    }
    for (const stream of this.#streams) stream.push(message);
    this.#events.emit("message", message as ReceivedMessage<T> as MessageOf<T, Topics>);
  }

  /** Tells the logger too. */
  #tell<Name extends keyof SubscriberEvents>(
    level: "info" | "warn",
    event: Name,
    argument: SubscriberEvents[Name],
  ): void {
    this.#logger?.[level](`inband: ${event} ${printable({ ...argument, attachment: undefined })}`);
    this.#events.emit(event, argument as never);
  }
}

/** As JSON. What comes from the wire must not steer a terminal. */
function printable(value: unknown): string {
  return JSON.stringify(value).replace(/\p{Cc}/gu, " ");
}

type Listener<T, Topics extends object, Name extends keyof SubscriberEvents> = (
  argument: SubscriberEvents<T, Topics>[Name],
) => unknown;
