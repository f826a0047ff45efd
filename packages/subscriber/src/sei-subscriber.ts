import { decodeEnvelope, decodeValue, EnvelopeFlag, inband, isEnvelope, type Profile } from "@inband/wire";
import { type Attachment, FeedAttachment } from "./attachment.ts";
import type { SeiFeed, UserData, UserDataPlace } from "./feed.ts";
import { GapWatch } from "./gap-watch.ts";
import { GuardedEmitter } from "./guarded-emitter.ts";
import { MessageStream } from "./message-stream.ts";
import { payloadHash } from "./payload-hash.ts";
import { Reassembly } from "./reassembly.ts";
import { DeliveredMessage, type MessageFields, type ReceivedMessage, type Tally } from "./received-message.ts";
import { SeenMessages } from "./seen-messages.ts";
import type { SubscriberEvents, SubscriberStats } from "./subscriber-events.ts";
import type { AttachOptions, MessagesOptions, SeiSubscriberOptions } from "./subscriber-options.ts";

/** Copies of a message stay within 5 s by default, and no clock is that far off; 4096 ids take about 1 MB. */
const maxIds = 4096;
const idsWithinMs = 60_000;
/** Publishers send all copies of a payload without an id within 1 s. */
const rawWithinMs = 2000;
/** `error` events within a second; a stream of broken messages must not become a stream of events. */
const maxErrorsPerSecond = 10;

/**
 * Receives messages from inside video and hands each one over once.
 *
 * The same class in Node and in browsers; what differs is the feed.
 *
 * @example
 * ```ts
 * const chat = new SeiSubscriber<Chat>();
 * chat.attach(browserFeed(receiver)).presentWith(video);
 * chat.on("message", ({ value, topic }) => console.log(topic, value.text));
 * ```
 */
export class SeiSubscriber<T = unknown> {
  readonly #profiles: readonly Profile[];
  readonly #logger: SeiSubscriberOptions["logger"];
  readonly #wallClock: () => number;
  readonly #clock: () => number;
  readonly #events: GuardedEmitter<SubscriberEvents<T>>;
  readonly #attachments = new Set<FeedAttachment<T>>();
  readonly #streams = new Map<MessageStream<T>, string | undefined>();
  readonly #ids = new SeenMessages(maxIds, idsWithinMs);
  readonly #raw = new SeenMessages(maxIds, rawWithinMs);
  readonly #reassembly = new Reassembly();
  readonly #gaps: GapWatch;
  readonly #counts = {
    accessUnits: 0,
    userData: 0,
    foreign: 0,
    messages: 0,
    duplicates: 0,
    missing: 0,
    lagged: 0,
    errors: 0,
  };
  #ordinal = 0;
  #rawMessages = 0;
  #isClosed = false;
  #isReportingError = false;
  #errorsSinceMs = Number.NEGATIVE_INFINITY;
  #errorsInSecond = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(options: SeiSubscriberOptions = {}) {
    const { profiles = [inband()], gapTimeoutMs = 6000 } = options;
    if (!(gapTimeoutMs >= 0 && gapTimeoutMs <= 86_400_000)) {
      throw new RangeError(`gapTimeoutMs: expected 0 to 86400000, got ${gapTimeoutMs}`);
    }
    this.#profiles = [...profiles];
    this.#logger = options.logger;
    this.#wallClock = options.now ?? (() => Date.now());
    this.#clock = options.now ?? (() => performance.now());
    this.#events = new GuardedEmitter((thrown) => this.#report(thrown));
    this.#gaps = new GapWatch(gapTimeoutMs, (gap) => {
      this.#counts.missing += gap.missing;
      this.#logger?.warn(`inband: ${gap.missing} messages from ${gap.sequence} on never came`);
      this.#events.emit("gap", gap);
    });
  }

  /**
   * Reads a feed from now on.
   *
   * @throws Error when the subscriber is closed; what the feed throws on opening.
   */
  attach(feed: SeiFeed, options: AttachOptions = {}): Attachment {
    if (this.#isClosed) throw new Error("The subscriber is closed");
    const attachment = new FeedAttachment<T>(feed.name, options.group, this.#ordinal, {
      present: (presented) => this.#events.emit("present", presented),
      closed: (closed) => {
        this.#attachments.delete(closed);
        this.#logger?.info(`inband: detached ${feed.name}`);
      },
      now: this.#clock,
    });
    this.#ordinal += 1;
    this.#attachments.add(attachment);
    try {
      attachment.opened(
        feed.open({
          userData: (message, place) => {
            if (attachment.isClosed) return;
            try {
              this.#userData(attachment, message, place);
            } catch (error) {
              this.#report(error);
            }
          },
          accessUnits: (count) => {
            this.#counts.accessUnits += count;
          },
          failed: (error) => this.#report(error),
        }),
      );
    } catch (error) {
      attachment.close();
      throw error;
    }
    this.#logger?.info(`inband: attached ${feed.name}`);
    return attachment;
  }

  /** Calls a listener for every event of a name. What it throws is reported as `error`. */
  on<Name extends keyof SubscriberEvents>(event: Name, listener: (argument: SubscriberEvents<T>[Name]) => void): this {
    this.#events.on(event, listener);
    return this;
  }

  /** Calls a listener for the next event of a name. */
  once<Name extends keyof SubscriberEvents>(
    event: Name,
    listener: (argument: SubscriberEvents<T>[Name]) => void,
  ): this {
    this.#events.once(event, listener);
    return this;
  }

  /** Takes a listener back. */
  off<Name extends keyof SubscriberEvents>(event: Name, listener: (argument: SubscriberEvents<T>[Name]) => void): this {
    this.#events.off(event, listener);
    return this;
  }

  /**
   * The messages from now on, for a reader who takes them at his own pace. Ends when the subscriber is closed; rejects
   * with the reason of the signal when that is aborted.
   */
  messages(options: MessagesOptions = {}): AsyncIterable<ReceivedMessage<T>> {
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

  stats(): SubscriberStats {
    return { ...this.#counts, incomplete: this.#reassembly.abandoned };
  }

  /** Ends every feed and every reader. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const attachment of [...this.#attachments]) attachment.close();
    for (const stream of [...this.#streams.keys()]) stream.close();
    this.#ids.clear();
    this.#raw.clear();
    this.#reassembly.clear();
    this.#events.removeAllListeners();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #userData(attachment: FeedAttachment<T>, { uuid, payload }: UserData, place: UserDataPlace): void {
    this.#counts.userData += 1;
    const profile = this.#profileOf(uuid, payload);
    if (profile === undefined) this.#counts.foreign += 1;
    else if (profile.encoding === "raw") this.#rawMessage(attachment, profile, payload, place);
    else this.#envelope(attachment, profile, payload, place);
  }

  /** Of several profiles under one UUID an envelope goes to one with envelopes and anything else to one without. */
  #profileOf(uuid: Uint8Array, payload: Uint8Array): Profile | undefined {
    let found: Profile | undefined;
    for (const profile of this.#profiles) {
      if (!equalBytes(profile.uuid, uuid)) continue;
      if ((profile.encoding === "envelope") === isEnvelope(payload)) return profile;
      found ??= profile;
    }
    return found;
  }

  #rawMessage(attachment: FeedAttachment<T>, profile: Profile, payload: Uint8Array, place: UserDataPlace): void {
    const nowMs = this.#clock();
    const key = `${profile.name} ${payloadHash(payload)} ${attachment.rawGroup}`;
    const seen = this.#raw.get(key, nowMs);
    if (seen !== undefined) {
      this.#duplicate(seen, place);
      return;
    }
    const id = `raw-${this.#rawMessages}`;
    this.#rawMessages += 1;
    const tally = this.#raw.add(key, id, 1, nowMs);
    const value = Uint8Array.from(payload) as T;
    this.#deliver(attachment, { value, profile: profile.name, id, age: 0 }, place, tally);
  }

  #envelope(attachment: FeedAttachment<T>, profile: Profile, payload: Uint8Array, place: UserDataPlace): void {
    const envelope = decodeEnvelope(payload);
    if (envelope.flags & EnvelopeFlag.Heartbeat) return;
    const { id, source, sequence, topic, age } = envelope;
    const nowMs = this.#clock();
    const key = `${id} ${source} ${attachment.idGroup}`;
    const seen = this.#ids.get(key, nowMs);
    if (seen !== undefined) {
      if (envelope.index === 0) this.#duplicate(seen, place);
      return;
    }
    const whole =
      envelope.count === 1 ? { body: envelope.body, copies: 1 } : this.#reassembly.add(key, envelope, nowMs);
    if (whole === undefined) return;
    // Noted before it is decoded, so that a broken message is one error and not one for each copy.
    const tally = this.#ids.add(key, id, whole.copies, nowMs);
    this.#gaps.came(attachment.idGroup, source, topic, sequence, nowMs);
    this.#arm();
    const value = decodeValue(whole.body) as T;
    this.#deliver(attachment, { value, profile: profile.name, id, source, sequence, topic, age }, place, tally);
  }

  #duplicate(tally: Tally, place: UserDataPlace): void {
    const { id } = tally;
    tally.copies += 1;
    this.#counts.duplicates += 1;
    this.#events.emit("duplicate", { id, copies: tally.copies, stream: place.stream });
  }

  #deliver(
    attachment: FeedAttachment<T>,
    fields: Pick<MessageFields<T>, "value" | "profile" | "id" | "source" | "sequence" | "topic" | "age">,
    place: UserDataPlace,
    tally: Tally,
  ): void {
    this.#counts.messages += 1;
    const message = new DeliveredMessage<T>(
      {
        ...fields,
        receivedAt: this.#wallClock(),
        carriedRtpTimestamp: place.rtpTimestamp,
        mediaTimeMs: place.mediaTimeMs,
        isKeyFrame: place.isKeyFrame,
        stream: place.stream,
        feed: attachment.feed,
      },
      tally,
    );
    attachment.delivered(message);
    for (const [stream, topic] of this.#streams)
      if (topic === undefined || topic === message.topic) stream.push(message);
    this.#events.emit("message", message);
  }

  /** Starts the timer that reports gaps when nothing else comes. */
  #arm(): void {
    const atMs = this.#gaps.nextDeadlineMs();
    if (atMs >= this.#timerAtMs || this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(
      () => {
        this.#timerAtMs = Number.POSITIVE_INFINITY;
        const nowMs = this.#clock();
        this.#gaps.sweep(nowMs);
        this.#reassembly.sweep(nowMs);
        this.#arm();
      },
      Math.max(1, Math.ceil(atMs - this.#clock())),
    );
    // In Node a gap alone is no reason to keep the process.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  /** Reports as `error`, at most so many a second; what a listener for errors throws goes to the logger alone. */
  #report(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
    this.#counts.errors += 1;
    const nowMs = this.#clock();
    if (nowMs - this.#errorsSinceMs >= 1000) {
      this.#errorsSinceMs = nowMs;
      this.#errorsInSecond = 0;
    }
    this.#errorsInSecond += 1;
    if (this.#errorsInSecond > maxErrorsPerSecond) return;
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

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}
