import { PictureLossIndication, type RTCRtpTransceiver, RtcpPayloadSpecificFeedback } from "werift";
import { sendFeedback } from "./werift-rtp-internals.ts";

/**
 * Requests a key frame of the video that a transceiver receives (PLI, RFC 4585 6.3.1), of one simulcast layer if `ssrc`
 * names it. Does nothing before the first packet. `receiver.sendRtcpPLI` of werift is silent while a `weriftFeed` is open:
 * NACK and PLI are one switch there.
 */
export function requestKeyFrame({ receiver }: RTCRtpTransceiver, ssrc: number | undefined = receiver.track.ssrc): void {
  if (ssrc === undefined || receiver.stopped) return;
  sendFeedback(
    receiver,
    (senderSsrc) =>
      new RtcpPayloadSpecificFeedback({ feedback: new PictureLossIndication({ senderSsrc, mediaSsrc: ssrc }) }),
  );
}
