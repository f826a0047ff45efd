/// <reference lib="esnext.disposable" preserve="true" />

import { checkOptions, defaultCarrierLimits, type OpenCarrier, type SeiCarrier } from "@inband/stream";
import { kindOf } from "@inband/wire";
import { SenderTap } from "./sender-tap.ts";

/** Options of {@link browserCarrier}. */
export interface BrowserCarrierOptions {
  /**
   * A worker that runs `@inband/browser/worker`. Pages whose Content-Security-Policy forbids workers from Blobs need it
   * for messages to leave: where no worker can start, the frames pass through the page as they are. It must live as long
   * as the video.
   *
   * @defaultValue one that all senders of the page share
   */
  readonly worker?: Worker;
}

const optionNames: ReadonlySet<string> = new Set(["worker"] satisfies (keyof BrowserCarrierOptions)[]);

/**
 * Carries messages in the frames that a sender encodes. Call it before the connection is negotiated, and put H.264
 * first with `setCodecPreferences`: frames of another codec leave without messages, and the publisher is given a
 * NoH264Error. Every simulcast layer carries every message. The browser itself answers key frame requests.
 *
 * Several carriers of one sender share its transform. Disposing of them leaves the video running.
 *
 * @throws TypeError when `sender` is not the RTCRtpSender of video, or an option is wrong.
 */
export function browserCarrier(sender: RTCRtpSender, options: BrowserCarrierOptions = {}): SeiCarrier & Disposable {
  if (typeof sender?.replaceTrack !== "function") {
    throw new TypeError(`sender: expected the RTCRtpSender of video, got ${kindOf(sender)}`);
  }
  // Only senders of audio have a dtmf, with and without a track (WebRTC 7.1).
  if (sender.track?.kind === "audio" || sender.dtmf) {
    throw new TypeError("sender: expected the RTCRtpSender of video, got one of audio");
  }
  checkOptions(options, optionNames);
  if (options.worker !== undefined && typeof options.worker?.postMessage !== "function") {
    throw new TypeError(`worker: expected a Worker, got ${kindOf(options.worker)}`);
  }
  const tap = SenderTap.of(sender, options.worker);
  const opened = new Set<OpenCarrier>();
  return {
    name: "browser",
    limits: defaultCarrierLimits,
    open(events, limits) {
      const carrier = tap.join(events, limits);
      opened.add(carrier);
      return {
        ...carrier,
        [Symbol.dispose]() {
          opened.delete(carrier);
          carrier[Symbol.dispose]();
        },
      };
    },
    [Symbol.dispose]() {
      for (const carrier of opened) carrier[Symbol.dispose]();
      opened.clear();
    },
  };
}
