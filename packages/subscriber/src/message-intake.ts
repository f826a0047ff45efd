import {
  decodeEnvelope,
  decodePayload,
  decodeValue,
  EnvelopeFlag,
  type Profile,
  profileFit,
  readHeartbeat,
} from "@inband/wire";
import type { FeedAttachment } from "./attachment.ts";
import type { UserData, UserDataPlace } from "./feed.ts";
import { FeedGroup } from "./feed-group.ts";
import type { Gap } from "./gap-watch.ts";
import type { Late } from "./late.ts";
import { tooLarge } from "./message-too-large.ts";
import { never } from "./never.ts";
import { payloadHash } from "./payload-hash.ts";
import { DeliveredMessage, type MessageFields, type Tally } from "./received-message.ts";
import { topicKey } from "./series-key.ts";
import type { Sign } from "./strip-watch.ts";
import type { Counts } from "./subscriber-events.ts";

/** Ids for all groups of feeds together, some 8 MB: 200 publishers of 30 messages a second for 5 s. */
const maxIds = 32_768;
/** Ids that each group has at least, however many there are: 30 messages a second for 60 s. */
const minIds = 2048;
/** Groups with a name that are kept while none of their feeds is attached; the one made first goes first. */
const maxIdleGroups = 64;

/** What an envelope may hold beside its body: 303 bytes today, and what later fields add. */
const maxHeaderBytes = 1024;

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
  readonly counts: Counts;
  /** Never goes back. */
  readonly clock: () => number;
  readonly wallClock: () => number;
}

/** Where an intake delivers. */
export interface IntakeEvents<T> {
  readonly message: (arrival: Arrival<T>) => void;
  duplicate(tally: Tally, place: UserDataPlace): void;
  readonly gap: (gap: Gap) => void;
  late(late: Late): void;
  /** An envelope of a source came in, whatever becomes of it. */
  sign(attachment: FeedAttachment<T>, sign: Sign, nowMs: number): void;
}

/** What a message says of itself. */
type Own<T> = Omit<
  MessageFields<T>,
  "receivedAt" | "carriedRtpTimestamp" | "carriedMediaTimeMs" | "isKeyFrame" | "stream" | "feed"
>;

/** Makes each message once of the user data that comes in: tells copies, joins fragments, watches for gaps, sorts. */
export class MessageIntake<T> {
  readonly #options: IntakeOptions;
  readonly #events: IntakeEvents<T>;
  readonly #groups = new Set<FeedGroup<Arrival<T>>>();
  readonly #named = new Map<string, FeedGroup<Arrival<T>>>();
  #rawMessages = 0;
  #isClosed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAtMs = never;

  constructor(options: IntakeOptions, events: IntakeEvents<T>) {
    this.#options = options;
    this.#events = events;
  }

  /** The group of a feed that is attached: its own unless it has a name. */
  join(feed: string, name: string | undefined): FeedGroup<Arrival<T>> {
    const group = (name === undefined ? undefined : this.#named.get(name)) ?? this.#makeGroup(name ?? feed);
    if (name !== undefined) this.#named.set(name, group);
    group.feeds += 1;
    return group;
  }

  /** A feed of the group is no longer attached. What waits is still told; a group with a name may be joined again. */
  leave(group: FeedGroup<Arrival<T>>): void {
    group.feeds -= 1;
    const idle = [...this.#named].filter(([, { feeds }]) => feeds === 0);
    for (const [name] of idle.slice(0, -maxIdleGroups)) this.#named.delete(name);
    this.#letGo();
  }

  /** Takes what a feed brings. Throws WireError for what is broken. */
  add(attachment: FeedAttachment<T>, { uuid, payload }: UserData, place: UserDataPlace): void {
    const profile = this.#profileOf(uuid, payload);
    if (profile === undefined) this.#options.counts.foreign += 1;
    else if (profile.encoding !== "envelope") this.#addRaw(attachment, profile, uuid, payload, place);
    else this.#addEnvelope(attachment, profile, payload, place);
  }

  /** Counts what is no longer waited for. */
  sweep(): void {
    for (const { reassembly } of this.#groups) reassembly.sweep(this.#options.clock());
  }

  /** Lets go of everything. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const { reassembly } of this.#groups) reassembly.clear();
    this.#groups.clear();
    this.#named.clear();
  }

  #makeGroup(feed: string): FeedGroup<Arrival<T>> {
    const { gap, message } = this.#events;
    const group: FeedGroup<Arrival<T>> = new FeedGroup<Arrival<T>>({
      ...this.#options,
      idLimit: () => Math.max(minIds, maxIds / this.#groups.size),
      gap: (loss) => gap({ ...loss, feed }),
      message,
      late: ({ attachment, message }) => this.#tellLate(attachment, message),
    });
    this.#groups.add(group);
    return group;
  }

  /** Forgets groups that no feed can bring anything to any more, and of which nothing waits to be told. */
  #letGo(): void {
    const named = new Set(this.#named.values());
    for (const group of this.#groups) {
      if (group.feeds > 0 || named.has(group) || group.nextDeadlineMs() < never) continue;
      group.reassembly.clear();
      this.#groups.delete(group);
    }
  }

  #tellLate(
    { feed, group }: FeedAttachment<T>,
    { id, source = 0, topic, sequence = 0 }: Pick<MessageFields<T>, "id" | "source" | "topic" | "sequence">,
  ): void {
    this.#options.counts.late += 1;
    if (group.lateLimit.allows(this.#options.clock())) this.#events.late({ id, source, topic, sequence, feed });
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

  #addRaw(
    attachment: FeedAttachment<T>,
    profile: Profile,
    uuid: Uint8Array,
    payload: Uint8Array,
    place: UserDataPlace,
  ): void {
    const nowMs = this.#options.clock();
    const { raw } = attachment.group;
    const key = `${payloadHash(uuid)} ${payloadHash(payload)}`;
    const seen = raw.get(key, nowMs);
    if (seen !== undefined) {
      this.#events.duplicate(seen, place);
      return;
    }
    const id = `raw-${this.#rawMessages}`;
    this.#rawMessages += 1;
    const tally = raw.add(key, id, 1, nowMs);
    const own = {
      value: decodePayload(profile, payload) as T,
      profile: profile.name,
      id,
      source: undefined,
      sequence: undefined,
      topic: undefined,
      retained: false,
      isBacklog: false,
    };
    this.#events.message(this.#arrival(attachment, place, own, 0, tally, payload.length));
  }

  #addEnvelope(attachment: FeedAttachment<T>, profile: Profile, payload: Uint8Array, place: UserDataPlace): void {
    const { maxMessageBytes: limitBytes } = profile;
    if (payload.length > limitBytes + maxHeaderBytes) throw tooLarge(limitBytes, payload.length);
    const envelope = decodeEnvelope(payload);
    const nowMs = this.#options.clock();
    const { id, source, sequence, topic, flags, age, index, count, body } = envelope;
    const { group } = attachment;
    const isHeartbeat = (flags & EnvelopeFlag.Heartbeat) !== 0;
    const isLast = (flags & EnvelopeFlag.Last) !== 0;
    this.#events.sign(attachment, { source, heartbeat: isHeartbeat ? sequence : undefined, isLast }, nowMs);
    if (isHeartbeat) {
      if (count > 1 || !group.readsHeartbeat(source, nowMs)) return;
      const isFirst = sequence <= maxFirstHeartbeat && attachment.strips.hasFlowed(nowMs);
      group.gaps.heartbeat(source, readHeartbeat(decodeValue(body)), sequence, isFirst, nowMs);
      this.#settle(group, nowMs);
      return;
    }
    const retained = (flags & EnvelopeFlag.Retained) !== 0;
    const key = `${id} ${source}`;
    const series = topicKey(source, topic);
    const newest = retained ? group.retained.get(series) : undefined;
    const again = newest?.tally.id === id ? newest : undefined;
    const seen =
      group.ids.get(key, nowMs) ??
      again?.tally ??
      (group.ids.isForgotten(series, sequence) ? { id, copies: 1 } : undefined);
    if (seen !== undefined) {
      if (again !== undefined) group.retained.note(series, again);
      if (index === 0) this.#events.duplicate(seen, place);
      return;
    }
    const isBacklog = attachment.join.isBacklog(age, place, nowMs);
    const whole = count === 1 ? { body, copies: 1 } : group.reassembly.add(key, envelope, limitBytes, nowMs);
    if (whole === undefined) return;
    // Noted before it is decoded, so that a broken message is one error and not one for each copy.
    const tally = group.ids.add(key, id, whole.copies, nowMs, series, sequence);
    if (retained) group.retained.note(series, { tally, sequence });
    // The state of a topic is worth more than its place; all else of a backlog comes in order or not at all.
    else if (isBacklog && group.gaps.isStale(series, sequence)) {
      this.#tellLate(attachment, envelope);
      return;
    }
    group.gaps.came(series, source, topic, sequence, retained || isBacklog, nowMs);
    try {
      const { length } = whole.body;
      if (length > limitBytes) throw tooLarge(limitBytes, length);
      const value = decodeValue(whole.body) as T;
      const own = { value, profile: profile.name, id, source, sequence, topic, retained, isBacklog };
      const arrival = this.#arrival(attachment, place, own, age, tally, length);
      if (group.inOrder === undefined) this.#events.message(arrival);
      else group.inOrder.add(series, sequence, length, arrival, nowMs);
    } finally {
      this.#settle(group, nowMs);
    }
  }

  #arrival(
    attachment: FeedAttachment<T>,
    { stream, rtpTimestamp: carriedRtpTimestamp, mediaTimeMs: carriedMediaTimeMs, isKeyFrame }: UserDataPlace,
    own: Own<T>,
    age: number,
    tally: Tally,
    wireBytes: number,
  ): Arrival<T> {
    const { feed } = attachment;
    const receivedAt = this.#options.wallClock();
    const where = { receivedAt, carriedRtpTimestamp, carriedMediaTimeMs, isKeyFrame, stream, feed };
    return { attachment, message: new DeliveredMessage<T>({ ...own, ...where }, age, tally, wireBytes) };
  }

  /** What has come may be what others waited for. */
  #settle(group: FeedGroup<Arrival<T>>, nowMs: number): void {
    group.inOrder?.sweep(nowMs);
    this.#arm(group.nextDeadlineMs());
  }

  /** Starts the timer for what is due when nothing else comes. */
  #arm(atMs: number): void {
    if (atMs >= this.#timerAtMs || this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(
      () => {
        this.#timerAtMs = never;
        const nowMs = this.#options.clock();
        for (const group of this.#groups) group.sweep(nowMs);
        this.#letGo();
        for (const group of this.#groups) this.#arm(group.nextDeadlineMs());
      },
      Math.max(1, Math.ceil(atMs - this.#options.clock())),
    );
    // In Node a gap alone is no reason to keep the process.
    (this.#timer as { unref?: () => void }).unref?.();
  }
}
