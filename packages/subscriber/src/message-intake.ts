import {
  decodeEnvelope,
  decodePayload,
  decodeValue,
  type Envelope,
  EnvelopeFlag,
  type Profile,
  profileFit,
  readHeartbeat,
} from "@inband/wire";
import type { FeedAttachment } from "./attachment.ts";
import type { UserData, UserDataPlace } from "./feed.ts";
import { type Gap, GapWatch } from "./gap-watch.ts";
import { InOrder } from "./in-order.ts";
import { payloadHash } from "./payload-hash.ts";
import { Reassembly } from "./reassembly.ts";
import { DeliveredMessage, type MessageFields, type Tally } from "./received-message.ts";
import { RetainedMessages } from "./retained-messages.ts";
import { SeenMessages } from "./seen-messages.ts";
import { topicKey } from "./series-key.ts";
import type { Sign } from "./strip-watch.ts";

/** Copies of a message stay within 5 s by default, and no clock is that far off; 4096 ids take about 1 MB. */
const maxIds = 4096;
const idsWithinMs = 60_000;
/** Publishers send all copies of a payload without an id within 1 s. */
const rawWithinMs = 2000;

/** The first heartbeat of a source may be lost, and the second. */
const maxFirstHeartbeat = 2;

/** A message with the feed that brought it. */
export interface Arrival<T> {
  readonly attachment: FeedAttachment<T>;
  readonly message: DeliveredMessage<T>;
}

/** What an intake does by. */
export interface IntakeOptions {
  readonly profiles: readonly Profile[];
  readonly gapTimeoutMs: number;
  /** Undefined for the order of arrival. */
  readonly orderTimeoutMs: number | undefined;
  /** Never goes back. */
  readonly clock: () => number;
  readonly wallClock: () => number;
}

/** Where an intake delivers. */
export interface IntakeEvents<T> {
  message(arrival: Arrival<T>): void;
  duplicate(tally: Tally, place: UserDataPlace): void;
  gap(gap: Gap): void;
  /** An envelope of a source came in, whatever becomes of it. */
  sign(attachment: FeedAttachment<T>, sign: Sign, nowMs: number): void;
}

/** What a message says of itself; a payload without an envelope says less. */
type Fields<T> = { readonly age: number } & Pick<MessageFields<T>, "value" | "profile" | "id"> &
  Partial<Pick<MessageFields<T>, "source" | "sequence" | "topic" | "retained" | "isBacklog">>;

/** Makes each message once of the user data that comes in: tells copies, joins fragments, watches for gaps, sorts. */
export class MessageIntake<T> {
  readonly #options: IntakeOptions;
  readonly #events: IntakeEvents<T>;
  readonly #ids = new SeenMessages(maxIds, idsWithinMs);
  readonly #raw = new SeenMessages(maxIds, rawWithinMs);
  readonly #retained = new RetainedMessages();
  readonly #reassembly = new Reassembly();
  readonly #gaps: GapWatch;
  readonly #inOrder: InOrder<Arrival<T>> | undefined;
  #rawMessages = 0;
  #foreign = 0;
  #stale = 0;
  #isClosed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(options: IntakeOptions, events: IntakeEvents<T>) {
    this.#options = options;
    this.#events = events;
    this.#gaps = new GapWatch(options.gapTimeoutMs, (gap) => events.gap(gap));
    if (options.orderTimeoutMs !== undefined) {
      this.#inOrder = new InOrder(options.orderTimeoutMs, this.#gaps, (arrival) => {
        if (!this.#isClosed) events.message(arrival);
      });
    }
  }

  get foreign(): number {
    return this.#foreign;
  }

  get incomplete(): number {
    return this.#reassembly.abandoned;
  }

  get late(): number {
    return this.#stale + (this.#inOrder?.late ?? 0);
  }

  /** Takes what a feed brings. Throws WireError for what is broken. */
  add(attachment: FeedAttachment<T>, { uuid, payload }: UserData, place: UserDataPlace): void {
    const profile = this.#profileOf(uuid, payload);
    if (profile === undefined) this.#foreign += 1;
    else if (profile.encoding !== "envelope") this.#addRaw(attachment, profile, payload, place);
    else this.#addEnvelope(attachment, profile, payload, place);
  }

  /** Lets go of everything. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#ids.clear();
    this.#raw.clear();
    this.#retained.clear();
    this.#reassembly.clear();
    this.#inOrder?.clear();
  }

  /** Of several profiles under one UUID the one that the payload fits best, and among equals the first. */
  #profileOf(uuid: Uint8Array, payload: Uint8Array): Profile | undefined {
    let found: Profile | undefined;
    let best = 0;
    for (const profile of this.#options.profiles) {
      const fit = profileFit(profile, uuid, payload);
      if (fit <= best) continue;
      found = profile;
      best = fit;
    }
    return found;
  }

  #addRaw(attachment: FeedAttachment<T>, profile: Profile, payload: Uint8Array, place: UserDataPlace): void {
    const nowMs = this.#options.clock();
    const key = `${profile.name} ${payloadHash(payload)} ${attachment.rawGroup}`;
    const seen = this.#raw.get(key, nowMs);
    if (seen !== undefined) {
      this.#events.duplicate(seen, place);
      return;
    }
    const id = `raw-${this.#rawMessages}`;
    this.#rawMessages += 1;
    const tally = this.#raw.add(key, id, 1, nowMs);
    const value = decodePayload(profile, payload) as T;
    this.#events.message(this.#arrival(attachment, { value, profile: profile.name, id, age: 0 }, place, tally));
  }

  #addEnvelope(attachment: FeedAttachment<T>, profile: Profile, payload: Uint8Array, place: UserDataPlace): void {
    const envelope = decodeEnvelope(payload);
    const nowMs = this.#options.clock();
    const { id, source, topic } = envelope;
    const group = attachment.idGroup;
    const isHeartbeat = (envelope.flags & EnvelopeFlag.Heartbeat) !== 0;
    const isLast = isHeartbeat && (envelope.flags & EnvelopeFlag.Last) !== 0;
    this.#events.sign(attachment, { source, heartbeat: isHeartbeat ? envelope.sequence : undefined, isLast }, nowMs);
    if (isHeartbeat) {
      if (envelope.count > 1) return;
      const isFirst = envelope.sequence <= maxFirstHeartbeat && attachment.strips.hasFlowed(nowMs);
      const topics = readHeartbeat(decodeValue(envelope.body));
      this.#gaps.heartbeat(group, source, topics, envelope.sequence, isFirst, nowMs);
      this.#settle(nowMs);
      return;
    }
    const retained = (envelope.flags & EnvelopeFlag.Retained) !== 0;
    const key = `${id} ${source} ${group}`;
    const series = topicKey(group, source, topic);
    const seen = this.#ids.get(key, nowMs) ?? (retained ? this.#retained.get(series, id) : undefined);
    if (seen !== undefined) {
      if (envelope.index === 0) this.#events.duplicate(seen, place);
      return;
    }
    const isBacklog = attachment.join.isBacklog(envelope.age, place, nowMs);
    const whole =
      envelope.count === 1 ? { body: envelope.body, copies: 1 } : this.#reassembly.add(key, envelope, nowMs);
    if (whole === undefined) return;
    // Noted before it is decoded, so that a broken message is one error and not one for each copy.
    const tally = this.#ids.add(key, id, whole.copies, nowMs);
    if (retained) this.#retained.set(series, tally);
    // The state of a topic is worth more than its place; all else of a backlog comes in order or not at all.
    else if (isBacklog !== false && this.#gaps.isStale(group, source, topic, envelope.sequence)) {
      this.#stale += 1;
      return;
    }
    this.#gaps.came(group, source, topic, envelope.sequence, retained || isBacklog === true, nowMs);
    try {
      this.#addWhole(attachment, profile, envelope, whole.body, place, tally, isBacklog === true, nowMs);
    } finally {
      this.#settle(nowMs);
    }
  }

  #addWhole(
    attachment: FeedAttachment<T>,
    { name: profile }: Profile,
    { id, source, sequence, topic, age, flags }: Envelope,
    body: Uint8Array,
    place: UserDataPlace,
    tally: Tally,
    isBacklog: boolean,
    nowMs: number,
  ): void {
    const value = decodeValue(body) as T;
    const retained = (flags & EnvelopeFlag.Retained) !== 0;
    const fields = { value, profile, id, source, sequence, topic, age, retained, isBacklog };
    const arrival = this.#arrival(attachment, fields, place, tally);
    if (this.#inOrder === undefined) this.#events.message(arrival);
    else this.#inOrder.add(topicKey(attachment.idGroup, source, topic), sequence, body.length, arrival, nowMs);
  }

  #arrival(
    attachment: FeedAttachment<T>,
    { value, profile, id, source, sequence, topic, age, retained = false, isBacklog = false }: Fields<T>,
    { stream, rtpTimestamp: carriedRtpTimestamp, mediaTimeMs: carriedMediaTimeMs, isKeyFrame }: UserDataPlace,
    tally: Tally,
  ): Arrival<T> {
    const receivedAt = this.#options.wallClock();
    const { feed } = attachment;
    const message = new DeliveredMessage<T>(
      {
        value,
        profile,
        id,
        source,
        sequence,
        topic,
        retained,
        isBacklog,
        receivedAt,
        carriedRtpTimestamp,
        carriedMediaTimeMs,
        isKeyFrame,
        stream,
        feed,
      },
      age,
      tally,
    );
    return { attachment, message };
  }

  /** What has come may be what others waited for. */
  #settle(nowMs: number): void {
    this.#inOrder?.sweep(nowMs);
    this.#arm();
  }

  /** Starts the timer for what is due when nothing else comes. */
  #arm(): void {
    const atMs = Math.min(this.#gaps.nextDeadlineMs(), this.#inOrder?.nextDeadlineMs() ?? Number.POSITIVE_INFINITY);
    if (atMs >= this.#timerAtMs || this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(
      () => {
        this.#timerAtMs = Number.POSITIVE_INFINITY;
        const nowMs = this.#options.clock();
        this.#inOrder?.sweep(nowMs);
        this.#gaps.sweep(nowMs);
        this.#reassembly.sweep(nowMs);
        this.#settle(nowMs);
      },
      Math.max(1, Math.ceil(atMs - this.#options.clock())),
    );
    // In Node a gap alone is no reason to keep the process.
    (this.#timer as { unref?: () => void }).unref?.();
  }
}
