import { inband } from "@inband/wire";
import { type Attachment, FeedAttachment } from "./attachment.ts";
import { BrokenSeiError } from "./broken-sei-error.ts";
import { ErrorReports } from "./error-reports.ts";
import type { SeiFeed } from "./feed.ts";
import { GuardedEmitter } from "./guarded-emitter.ts";
import { MessageIntake } from "./message-intake.ts";
import { MessageStream } from "./message-stream.ts";
import type { DeliveredMessage, MessageOf, Presented, ReceivedMessage, TopicMessage } from "./received-message.ts";
import { steadyClock } from "./steady-clock.ts";
import { eventNames, type NoTopics, type SubscriberEvents, type SubscriberStats } from "./subscriber-events.ts";
import {
  type AttachOptions,
  checkOptions,
  checkSubscriberOptions,
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
  readonly #streams = new Map<MessageStream<T>, string | undefined>();
  readonly #intake: MessageIntake<T>;
  readonly #validation: Validation<DeliveredMessage<T>, FeedAttachment<T>>;
  readonly #counts = {
    accessUnits: 0,
    userData: 0,
    broken: 0,
    messages: 0,
    duplicates: 0,
    missing: 0,
    lagged: 0,
    invalid: 0,
  };
  #isClosed = false;

  /** @throws TypeError or RangeError that names the option. */
  constructor(options: SeiSubscriberOptions<Topics> = {}) {
    checkSubscriberOptions(options);
    const { profiles = [inband()], order, gapTimeoutMs = 6000, orderTimeoutMs = 400, logger } = options;
    this.#logger = logger || undefined;
    this.#stalledAfterMs = options.stalledAfterMs ?? 2000;
    this.#clock = steadyClock(options.now ?? (() => performance.now()));
    this.#events = new GuardedEmitter(eventNames, (thrown, event) =>
      this.#errors.report(thrown, undefined, event === "error"),
    );
    this.#errors = new ErrorReports({
      emit: (error) => this.#events.emit("error", error),
      log: logger ? (text) => logger.error(text) : undefined,
      warns: logger !== false,
      clock: this.#clock,
    });
    this.#validation = new Validation(options.schemas ?? {}, {
      valid: (message, value, attachment) => this.#deliver(message.withValue(value as T), attachment),
      unchecked: (message, attachment) => this.#deliver(message, attachment),
      invalid: (error, { errorLimit }) => {
        this.#counts.invalid += 1;
        this.#errors.report(error, errorLimit);
      },
    });
    this.#intake = new MessageIntake<T>(
      {
        profiles: [...profiles],
        gapTimeoutMs,
        orderTimeoutMs: order === "sequence" ? orderTimeoutMs : undefined,
        clock: this.#clock,
        wallClock: options.now ?? (() => Date.now()),
      },
      {
        message: ({ message, attachment }) => this.#validation.add(message, attachment),
        duplicate: (tally, { stream }) => {
          tally.copies += 1;
          this.#counts.duplicates += 1;
          this.#events.emit("duplicate", { id: tally.id, copies: tally.copies, stream });
        },
        missed: ({ missing }) => {
          this.#counts.missing += missing;
        },
        gap: (gap) => {
          this.#logger?.warn(`inband: ${gap.missing} messages from ${gap.sequence} on never came`);
          this.#events.emit("gap", gap);
        },
        late: (late) => this.#events.emit("late", late),
        sign: (attachment, sign, nowMs) => {
          const { source } = sign;
          attachment.life.userData(sign.heartbeat !== undefined);
          attachment.strips.sign(sign, nowMs);
          const { group } = attachment;
          if (group.feeds < 2) return;
          for (const other of this.#attachments) {
            if (other !== attachment && other.group === group) other.strips.signElsewhere(source, nowMs);
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
    if (typeof feed?.open !== "function") {
      throw new TypeError("feed: expected a feed, as browserFeed(receiver) or weriftFeed(transceiver) makes one");
    }
    checkOptions(options, "group");
    const { group } = options;
    if (group !== undefined && typeof group !== "string") {
      throw new TypeError(`group: expected a string, got ${typeof group}`);
    }
    for (const { source } of this.#attachments) {
      if (source === feed) throw new TypeError(`feed: ${feed.name} is attached already`);
    }
    const attachment = new FeedAttachment<T>(feed, this.#intake.join(feed.name, group), {
      present: (presented) => this.#events.emit("present", presented as MessageOf<T, Topics> & Presented),
      stripped: (stripped) => {
        this.#logger?.warn(`inband: ${stripped.feed} no longer brings source ${stripped.source}: ${stripped.reason}`);
        this.#events.emit("stripped", stripped);
      },
      stalled: (stalled) => {
        this.#logger?.warn(`inband: nothing comes from ${stalled.feed}: ${stalled.reason}`);
        this.#events.emit("stalled", stalled);
      },
      ended: (ended) => {
        this.#logger?.info(`inband: ${ended.feed} ended, source ${ended.source}: ${ended.reason}`);
        this.#events.emit("ended", ended);
      },
      resumed: (resumed) => {
        this.#logger?.info(`inband: ${resumed.feed} goes on, source ${resumed.source}`);
        this.#events.emit("resumed", resumed);
      },
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
        const stream: MessageStream<T> = new MessageStream<T>(bufferSize, signal, {
          lagged: (missed) => {
            this.#counts.lagged += missed;
            this.#logger?.warn(`inband: a slow reader missed ${missed} messages`);
            this.#events.emit("lagged", { topic, missed });
          },
          ended: () => this.#streams.delete(stream),
        });
        if (this.#isClosed) stream.close();
        else if (!signal?.aborted) this.#streams.set(stream, topic);
        return stream;
      },
    };
  }

  /** What has been counted since the subscriber was made. */
  stats(): SubscriberStats {
    const { foreign, late, incomplete } = this.#intake;
    return { ...this.#counts, foreign, late, incomplete, errors: this.#errors.count };
  }

  /** Ends every feed and every reader. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const attachment of [...this.#attachments]) attachment.close();
    for (const stream of [...this.#streams.keys()]) stream.close();
    this.#intake.close();
    this.#validation.close();
    this.#events.removeAllListeners();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #deliver(message: DeliveredMessage<T>, attachment: FeedAttachment<T>): void {
    this.#counts.messages += 1;
    if (this.#logger) this.#logger.debug(`inband: message ${message.id}${named(message.topic)} received`);
    try {
      attachment.delivered(message);
    } catch (error) {
      this.#errors.report(error);
    }
    for (const [stream, topic] of this.#streams)
      if (topic === undefined || topic === message.topic) stream.push(message);
    this.#events.emit("message", message as ReceivedMessage<T> as MessageOf<T, Topics>);
  }
}

/** A topic comes from the wire, and must not steer a terminal. */
function named(topic: string | undefined): string {
  return topic === undefined ? "" : ` on ${JSON.stringify(topic).replace(/\p{Cc}/gu, " ")}`;
}

type Listener<T, Topics extends object, Name extends keyof SubscriberEvents> = (
  argument: SubscriberEvents<T, Topics>[Name],
) => unknown;
