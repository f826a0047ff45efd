/// <reference lib="esnext.disposable" preserve="true" />
import type { PresentingVideo } from "./presentation.ts";

/** A feed as one subscriber reads it. */
export interface Attachment extends Disposable {
  /** Name of the feed. */
  readonly feed: string;
  /**
   * From now on the subscriber fires `present` for each message of this feed, on the first frame of the video that is not
   * before the one that the message speaks of. In a hidden page or a paused video it fires after 1 s by the clock, in a
   * frozen video after 5 s, with `presented: false`. A second call moves on to another video, with the messages that wait.
   *
   * Messages with a media time, as those of HLS, wait for it without limit, and `present` fires again when playback crosses
   * it again after seeking back. The newest 4096 are kept for that.
   */
  presentWith(video: PresentingVideo): this;
  /** Ends the feed. Idempotent. */
  close(): void;
}
