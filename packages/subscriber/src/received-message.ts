import { ticksPerMs } from "@inband/rtp";
import { messageIdTimeMs } from "@inband/wire";
import { jsonOf } from "./json-value.ts";

/** A message as it is delivered, once. What a profile without envelopes does not say is undefined. */
export interface ReceivedMessage<T = unknown> {
  readonly value: T;
  /** Name of the profile that it came in. */
  readonly profile: string;
  /** UUIDv7, the same on every copy; `raw-N`, made up here, where the profile has no ids. */
  readonly id: string;
  readonly topic: string | undefined;
  /** Number of the publisher that sent it, random for each. */
  readonly source: number | undefined;
  /** Counts the messages of a source on a topic, modulo 2^32. */
  readonly sequence: number | undefined;
  /** When it was published, in milliseconds since 1970 by the publisher's clock. */
  readonly publishedAt: number | undefined;
  /** When it was whole here, in milliseconds since 1970. */
  readonly receivedAt: number;
  /** RTP timestamp of the access unit that it speaks of; undefined where there is no RTP. */
  readonly rtpTimestamp: number | undefined;
  /** RTP timestamp of the access unit that brought this copy. */
  readonly carriedRtpTimestamp: number | undefined;
  /**
   * Media time, in milliseconds, of the access unit that it speaks of, where there is no RTP and the feed knows the time:
   * that of a file, of HLS.
   */
  readonly mediaTimeMs: number | undefined;
  /** Media time, in milliseconds, of the access unit that brought this copy. */
  readonly carriedMediaTimeMs: number | undefined;
  /** Whether it is the newest value of its topic, which is sent again for those who come late. */
  readonly retained: boolean;
  /**
   * Whether it speaks of an access unit from before the first one that its feed read: it was published before this
   * receiver came, and how long it was on its way says nothing. False where the feed knows no times, as of a data channel.
   */
  readonly isBacklog: boolean;
  /** How many copies have been seen. It goes on growing after delivery. */
  readonly copies: number;
  /** Whether a key frame brought it; undefined where the feed cannot know. */
  readonly isKeyFrame: boolean | undefined;
  /** The encoded stream that brought it, as the feed names it. */
  readonly stream: string;
  /** Name of the feed that brought it. */
  readonly feed: string;
  /** Plain data for JSON: bytes become base64, bigints decimal text, and what is undefined is left out. */
  toJSON(): Record<string, unknown>;
}

/** The messages of a map of topics to values: `topic` tells which value it is. */
export type TopicMessage<Topics extends object> = {
  [Topic in keyof Topics & string]: ReceivedMessage<Topics[Topic]> & { readonly topic: Topic };
}[keyof Topics & string];

/** What a subscriber of these types hands over. */
export type MessageOf<T, Topics extends object> = [keyof Topics] extends [never]
  ? ReceivedMessage<T>
  : TopicMessage<Topics>;

/** A message whose frame is on the screen. */
export type PresentedMessage<T = unknown> = ReceivedMessage<T> & Presented;

/** What the screen adds to a message. */
export interface Presented {
  /** False when it was not seen to be: the page is hidden, the video is paused or stands still, or too many wait. */
  readonly presented: boolean;
  /** RTP timestamp of the frame that is on the screen, where `presented` and known. */
  readonly presentedRtpTimestamp: number | undefined;
}

/** Counts the copies of one message, before and after it is delivered. */
export interface Tally {
  readonly id: string;
  copies: number;
}

/** What differs from message to message and is told as it is; the rest is derived. */
export interface MessageFields<T> {
  readonly value: T;
  readonly profile: string;
  readonly id: string;
  readonly topic: string | undefined;
  readonly source: number | undefined;
  readonly sequence: number | undefined;
  readonly retained: boolean;
  readonly isBacklog: boolean;
  readonly receivedAt: number;
  readonly carriedRtpTimestamp: number | undefined;
  readonly carriedMediaTimeMs: number | undefined;
  readonly isKeyFrame: boolean | undefined;
  readonly stream: string;
  readonly feed: string;
}

/** What a message is made of: with its age, its count of copies, and the bytes that its value takes on the wire. */
type Made<T> = readonly [fields: MessageFields<T>, age: number, tally: Tally, wireBytes: number];

/** A delivered message whose count of copies stays current. */
export class DeliveredMessage<T> implements ReceivedMessage<T> {
  declare readonly value: T;
  declare readonly profile: string;
  declare readonly id: string;
  declare readonly topic: string | undefined;
  declare readonly source: number | undefined;
  declare readonly sequence: number | undefined;
  declare readonly publishedAt: number | undefined;
  declare readonly receivedAt: number;
  declare readonly rtpTimestamp: number | undefined;
  declare readonly carriedRtpTimestamp: number | undefined;
  declare readonly mediaTimeMs: number | undefined;
  declare readonly carriedMediaTimeMs: number | undefined;
  declare readonly retained: boolean;
  declare readonly isBacklog: boolean;
  declare readonly isKeyFrame: boolean | undefined;
  declare readonly stream: string;
  declare readonly feed: string;
  readonly #made: Made<T>;

  constructor(...made: Made<T>) {
    const [fields, age] = made;
    const { id, source, carriedRtpTimestamp: carried, carriedMediaTimeMs = Number.NaN } = fields;
    const mediaTimeMs = Math.round((carriedMediaTimeMs - (age | 0) / ticksPerMs) * 1000) / 1000;
    Object.assign(this, fields, {
      publishedAt: source === undefined ? undefined : messageIdTimeMs(id),
      // The age counts modulo 2^32 like the timestamp, so a message may also speak of an access unit to come.
      rtpTimestamp: carried === undefined ? undefined : (carried - age) >>> 0,
      mediaTimeMs: Number.isFinite(mediaTimeMs) ? mediaTimeMs + 0 : undefined,
    });
    this.#made = made;
  }

  /** Bytes that its value takes on the wire. */
  get wireBytes(): number {
    return this.#made[3];
  }

  /** The same message with the value that a schema made of it. */
  withValue(value: T): DeliveredMessage<T> {
    const [fields, ...made] = this.#made;
    return new DeliveredMessage({ ...fields, value }, ...made);
  }

  /** The same message as it is presented. */
  presentedAs(presented: boolean, presentedRtpTimestamp: number | undefined): PresentedMessage<T> {
    return Object.assign(new DeliveredMessage(...this.#made), { presented, presentedRtpTimestamp });
  }

  get copies(): number {
    return this.#made[2].copies;
  }

  toJSON(): Record<string, unknown> {
    const { value, ...fields } = this;
    const json: Record<string, unknown> & { copies?: number } = { value: jsonOf(value) };
    for (const [name, field] of Object.entries(fields)) if (field !== undefined) json[name] = field;
    json.copies = this.copies;
    return json;
  }
}
