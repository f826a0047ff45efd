import type { SeiFeed } from "../feed.ts";
import { ReceiverTap } from "./receiver-tap.ts";

/** Options of {@link browserFeed}. */
export interface BrowserFeedOptions {
  /**
   * A worker that runs the `@inband/subscriber/worker` door. Pages whose Content-Security-Policy forbids workers from
   * Blobs need it: the frames go through the worker, so the video stands still when it cannot start. It must live as
   * long as the video. Default: one that all receivers of the page share.
   */
  readonly worker?: Worker;
}

/**
 * Reads messages from the frames of a receiver, in a worker. Call it in the `track` event itself, before anything is
 * awaited: a transform that is set a millisecond later sees no frame. Frames pass unread until the feed is attached.
 *
 * Several feeds of one receiver share its transform. Disposing of the last one leaves the video running.
 *
 * @throws TypeError when `receiver` is not the RTCRtpReceiver of a video track.
 */
export function browserFeed(receiver: RTCRtpReceiver, options: BrowserFeedOptions = {}): SeiFeed {
  if (receiver?.track?.kind !== "video") {
    throw new TypeError("receiver: the RTCRtpReceiver of a video track is needed");
  }
  const tap = ReceiverTap.of(receiver, options.worker);
  return { name: "browser", open: (sink) => tap.join(sink) };
}
