/** A message as it is delivered, once. Fields that the profile does not carry are undefined. */
export interface ReceivedMessage<T = unknown> {
  readonly value: T;
  /** Name of its profile. */
  readonly profile: string;
  /** UUIDv7, the same on every copy; `raw-N`, assigned on arrival, if the profile has no ids. */
  readonly id: string;
  readonly topic: string | undefined;
  /** Number of the publisher that sent it, random for each. */
  readonly source: number | undefined;
  /** Counts the messages of a source on a topic, modulo 2^32. */
  readonly sequence: number | undefined;
  /** When it was published, in milliseconds since 1970 by the publisher's clock. */
  readonly publishedAt: number | undefined;
  /** When it had arrived completely, in milliseconds since 1970. */
  readonly receivedAt: number;
  /** RTP timestamp of the access unit that it speaks of; undefined without RTP. */
  readonly rtpTimestamp: number | undefined;
  /** RTP timestamp of the access unit that brought this copy. */
  readonly carriedRtpTimestamp: number | undefined;
  /**
   * Presentation time, in microseconds of media time, of the access unit that it speaks of. Undefined if the feed knows no
   * media time, as over RTP: files and HLS have one.
   */
  readonly timestamp: number | undefined;
  /** The same of the access unit that brought this copy. */
  readonly carriedTimestamp: number | undefined;
  /** Whether it is the newest value of its topic, which is repeated for late joiners. */
  readonly retained: boolean;
  /**
   * Whether it speaks of an access unit before the first one that its feed read: it was published before this receiver
   * joined, so its travel time means nothing. False if the feed knows no times, as that of a data channel.
   */
  readonly isBacklog: boolean;
  /** Copies that have arrived. It keeps growing after delivery. */
  readonly copies: number;
  /** Whether a key frame brought it; undefined if the feed cannot know. */
  readonly isKeyFrame: boolean | undefined;
  /** The encoded stream that brought it, as the feed names it. */
  readonly stream: string;
  /** Name of the feed that brought it. */
  readonly feed: string;
  /** Plain data for JSON: bytes become base64, bigints decimal text, and undefined fields are left out. */
  toJSON(): Record<string, unknown>;
}

/** The messages of a map of topics to values. `topic` tells the type of `value`. */
export type TopicMessage<Topics extends object> = {
  [Topic in keyof Topics & string]: ReceivedMessage<Topics[Topic]> & { readonly topic: Topic };
}[keyof Topics & string];

/** The messages of a subscriber of these types. */
export type MessageOf<T, Topics extends object> = [keyof Topics] extends [never]
  ? ReceivedMessage<T>
  : TopicMessage<Topics>;

/** A message whose frame is on the screen. */
export type PresentedMessage<T = unknown> = ReceivedMessage<T> & Presented;

/** What presentation adds to a message. */
export interface Presented {
  /** False if no frame was seen to present it: the page is hidden, the video is paused or frozen, or too many wait. */
  readonly presented: boolean;
  /** RTP timestamp of the frame that is on the screen, if `presented` and known. */
  readonly presentedRtpTimestamp: number | undefined;
}
