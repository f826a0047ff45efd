import type { SeiFeed } from "@inband/stream";
import { ReceiverTap } from "./receiver-tap.ts";

/** Options of {@link browserFeed}. */
export interface BrowserFeedOptions {
  /**
   * A worker that runs the entry point `@inband/browser/worker`. Pages whose Content-Security-Policy forbids workers from
   * Blobs need it to get messages: if no worker can start, the frames pass unread through the page. If it is terminated, the
   * video freezes for some 5 s, until one of inband's own replaces it.
   *
   * @defaultValue a worker that all receivers of the page share
   */
  readonly worker?: Worker;
}

/**
 * Reads messages from the frames of a receiver, in a worker. Call it as soon as the receiver exists, before anything is
 * awaited: in the `track` event if the other side makes the offer, right after `addTransceiver` if this page makes it
 * (WHEP), as the `track` event of an answer is too late in Chromium. A transform that is set later sees no frame. Frames
 * pass unread until the feed is attached.
 *
 * Several feeds of one receiver share its transform. Disposing of the last one leaves the video running.
 *
 * @throws TypeError if `receiver` is not the RTCRtpReceiver of a video track.
 */
export function browserFeed(receiver: RTCRtpReceiver, options: BrowserFeedOptions = {}): SeiFeed {
  if (receiver?.track?.kind !== "video") {
    throw new TypeError("receiver: expected an RTCRtpReceiver of video");
  }
  const tap = ReceiverTap.of(receiver, options.worker);
  return { name: "browser", open: (sink) => tap.join(sink) };
}
