/// <reference lib="esnext.disposable" preserve="true" />
import type { EndedReason, StalledReason } from "./feed-life.ts";

/** One user_data_unregistered message as it came in. The bytes are views that are valid during the call only. */
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
  /** Media time of the access unit in milliseconds, where there is no RTP. */
  readonly mediaTimeMs?: number;
  /** Absent where the feed cannot know. */
  readonly isKeyFrame?: boolean;
}

/** Where a feed delivers. None of its methods ever throws. */
export interface SeiSink {
  userData(message: UserData, place: UserDataPlace): void;
  /**
   * How many access units came by since the last call, with or without messages. `first` is the place of the first of
   * them, where the feed knows it: messages that speak of what lies before the very first are a late joiner's backlog.
   */
  accessUnits(count: number, first?: UserDataPlace): void;
  /** So many SEI messages were broken and could not be read; `stream` as in {@link UserDataPlace}. */
  broken(count: number, stream: string): void;
  /** The feed went wrong and may have missed messages. */
  failed(error: Error): void;
  /** The feed has fallen silent: the peer is out of reach. That it is back, the next access unit says. */
  stalled(reason: StalledReason): void;
  /** What the feed reads has left or is at its end. Where access units come all the same, or again, it is back. */
  ended(reason: EndedReason): void;
}

/**
 * Brings SEI messages from somewhere: the seam to write a transport of one's own against. It needs no knowledge of
 * H.264 beyond finding the messages.
 */
export interface SeiFeed {
  readonly name: string;
  /**
   * False where access units come in bursts, long before they are shown, so that silence says nothing. It defaults to
   * true: a feed that has brought access units and brings none for `stalledAfterMs` has stalled.
   */
  readonly isLive?: boolean;
  /** Called once; disposing of the result ends the feed. */
  open(sink: SeiSink): Disposable;
}
