import { messageIdTimeMs } from "@inband/wire";
import { jsonOf } from "./json-value.ts";
import type { PresentedMessage, ReceivedMessage } from "./received-message.ts";

/** Counts the copies of one message, before and after it is delivered. */
export interface Tally {
  readonly id: string;
  copies: number;
}

/** The fields of a message that are not derived from others. */
export type MessageFields<T> = Omit<
  ReceivedMessage<T>,
  "publishedAt" | "rtpTimestamp" | "timestamp" | "copies" | "toJSON"
>;

/** What a message is made of: with its age, its tally, and the bytes that its value takes on the wire. */
type Made<T> = readonly [fields: MessageFields<T>, age: number, tally: Tally, wireBytes: number];

/** A delivered message whose number of copies stays current. */
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
  declare readonly timestamp: number | undefined;
  declare readonly carriedTimestamp: number | undefined;
  declare readonly retained: boolean;
  declare readonly isBacklog: boolean;
  declare readonly isKeyFrame: boolean | undefined;
  declare readonly stream: string;
  declare readonly feed: string;
  readonly #made: Made<T>;

  constructor(...made: Made<T>) {
    const [fields, age] = made;
    const { id, source, carriedRtpTimestamp: carried, carriedTimestamp = Number.NaN } = fields;
    const timestamp = Math.round(carriedTimestamp - ((age | 0) * 100) / 9);
    Object.assign(this, fields, {
      publishedAt: source === undefined ? undefined : messageIdTimeMs(id),
      // The age counts modulo 2^32 like the timestamp, so a message may also speak of an access unit to come.
      rtpTimestamp: carried === undefined ? undefined : (carried - age) >>> 0,
      timestamp: Number.isFinite(timestamp) ? timestamp + 0 : undefined,
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
    return { ...(this as object), value: jsonOf(this.value), copies: this.copies };
  }
}
