import type { MembershipOptions } from "@inband/stage-protocol";
import type { SeiCarrier, SeiFeed } from "@inband/stream";

/** What takes the messages of a participant: a `SeiSubscriber`. */
export interface MessageReceiver {
  attach(feed: SeiFeed, options: { readonly group: string }): Disposable & PresentingAttachment;
}

/** What an attachment of a `SeiSubscriber` can do for a page: tell messages when their frames are on the screen. */
export interface PresentingAttachment {
  presentWith?(video: HTMLVideoElement): unknown;
}

/** What has messages to send: a `SeiPublisher`. */
export interface MessageSender {
  attach(carrier: SeiCarrier): Disposable;
}

/** What a page publishes. All of it stays yours to stop and close. */
export interface StagePublication {
  /** A camera, a screen, a canvas: a track of video, and one of audio if you like. */
  readonly media: MediaStream | MediaStreamTrack | readonly MediaStreamTrack[];
  /** A `SeiPublisher`, or several, whose messages ride in the video. One that is closed is left out, and the video goes on. */
  readonly publishers?: MessageSender | readonly MessageSender[];
  /**
   * Encodings of the video: simulcast layers, or the bit rate of the only one.
   *
   * @defaultValue the browser's own
   */
  readonly sendEncodings?: readonly RTCRtpEncodingParameters[];
}

/** A track that has come from a participant. */
export interface StageTrack {
  readonly participantId: string;
  readonly track: MediaStreamTrack;
  /** Holds the tracks of the participant: the `srcObject` of a video element. */
  readonly stream: MediaStream;
  /**
   * Has the subscriber fire `present` for the messages of this participant, each when its frame is on the screen.
   *
   * @see `Attachment.presentWith` of `@inband/subscriber`
   */
  presentWith(video: HTMLVideoElement): void;
}

/** How a page joins a stage for as long as it takes. */
export interface JoinStageOptions extends MembershipOptions {
  /** What to publish. */
  readonly publish?: StagePublication;
  /**
   * What the messages of the others go to: a `SeiSubscriber`. Each participant is a feed and a group by its id.
   * Once it is closed, tracks still come.
   */
  readonly subscribe?: MessageReceiver;
  /** Gets each track that comes with the messages, to be shown; again when a participant is connected again. */
  readonly onTrack?: (track: StageTrack) => void;
  /**
   * Of every peer connection: STUN and TURN servers.
   *
   * @defaultValue no servers
   */
  readonly configuration?: RTCConfiguration;
}
