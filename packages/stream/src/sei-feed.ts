/// <reference lib="esnext.disposable" preserve="true" />

/** A user_data_unregistered message. The bytes are views that are valid during the call only. */
export interface UserData {
  /** The 16 bytes of uuid_iso_iec_11578 (ITU-T H.264 D.1.7). */
  readonly uuid: Uint8Array;
  readonly payload: Uint8Array;
}

/** Where a user_data_unregistered message was found. */
export interface UserDataPlace {
  /** Names the encoded stream within the feed: an SSRC or a track. */
  readonly stream: string;
  /** RTP timestamp (90 kHz) of the access unit that carried it. */
  readonly rtpTimestamp?: number;
  /** Presentation time of that access unit in microseconds of media time, as in WebCodecs; without RTP. */
  readonly timestamp?: number;
  /** Absent if the feed cannot know. */
  readonly isKeyFrame?: boolean;
}

/**
 * Why a feed has fallen silent: no access unit (or, without video, no heartbeat) arrived for `stalledAfterMs`, or the peer
 * is out of reach.
 */
export type StalledReason = "silent" | "disconnected";

/**
 * How a source left: its publisher was closed or detached and said so in its last heartbeat, an RTCP BYE arrived (RFC 3550
 * 6.6), the connection, track or channel was closed or failed, or the file or playlist is at its end.
 */
export type EndedReason = "publisher-closed" | "bye" | "connection-closed" | "end-of-media";

/** Where a feed delivers. None of its methods throws. */
export interface SeiSink {
  userData(message: UserData, place: UserDataPlace): void;
  /**
   * The number of access units since the last call, with or without messages. `first` is the place of the first of them, if
   * the feed knows it: messages that speak of access units before the very first one are the backlog of a late joiner.
   */
  accessUnits(count: number, first?: UserDataPlace): void;
  /** The number of SEI messages that were broken and could not be read; `stream` as in {@link UserDataPlace}. */
  broken(count: number, stream: string): void;
  /** The feed failed and may have missed messages. */
  failed(error: Error): void;
  /** The feed has fallen silent: the peer is out of reach. The next access unit shows that it is back. */
  stalled(reason: StalledReason): void;
  /** What the feed reads has left or is at its end. Later access units show that it is back. */
  ended(reason: EndedReason): void;
}

/** Who reads a feed, as the feed sees it: the subscriber. */
export interface FeedReader {
  /**
   * Reads one more feed. Feeds of one group are paths to the same publisher; nothing that one brings touches another group.
   * Disposing of the result ends that feed.
   */
  attach(feed: SeiFeed, options: { readonly group: string }): Disposable;
}

/**
 * A source of SEI messages: the interface that a transport of your own implements. It needs no knowledge of H.264 beyond
 * finding the messages.
 */
export interface SeiFeed {
  readonly name: string;
  /**
   * Whether access units arrive steadily, so that a feed that brings none for `stalledAfterMs` has stalled. False if they
   * arrive in bursts, long before they are shown.
   *
   * @defaultValue true
   */
  readonly isLive?: boolean;
  /**
   * Starts the feed. Disposing of the result ends it.
   *
   * What brings the messages of several publishers, who come and go, attaches a feed for each of them to the reader, and
   * ends it when its publisher has left or when it is disposed of itself: what one publisher sends may touch no other's.
   * The name of the group stays the same where a publisher comes back.
   */
  open(sink: SeiSink, reader?: FeedReader): Disposable;
}
