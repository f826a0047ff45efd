import type { AccessUnitCarrier } from "@inband/stream";
import type { WeriftAudio } from "@inband/werift";

/** Video that a stage, a server or a file takes. Disposing of it leaves the server, or completes the file. */
export interface PublishedVideo extends AsyncDisposable {
  readonly video: AccessUnitCarrier;
  /** Where there is sound, and it is taken. */
  readonly audio: WeriftAudio | undefined;
  /** Aborts when the connection is lost for good; the reason is the error. */
  readonly lost: AbortSignal;
}

/** Where and how a video is published. */
export interface PublishOptions {
  readonly url: string;
  readonly token: string | undefined;
  /**
   * Whether there is sound beside the video.
   *
   * @defaultValue false
   */
  readonly hasSound?: boolean;
  /** Whether a connection to a stage that is lost is made again. */
  readonly reconnects: boolean;
  readonly signal: AbortSignal;
}
