import { PictureLossIndication, type RTCRtpTransceiver, RtcpPayloadSpecificFeedback } from "werift";

/**
 * Requests a key frame of the video that a transceiver receives (PLI, RFC 4585 6.3.1), of one simulcast layer if `ssrc`
 * names it. Does nothing before the first packet. `receiver.sendRtcpPLI` of werift is silent while a `weriftFeed` is open:
 * NACK and PLI are one switch there.
 */
export function requestKeyFrame({ receiver }: RTCRtpTransceiver, ssrc: number | undefined = receiver.track.ssrc): void {
  if (ssrc === undefined || receiver.stopped) return;
  const feedback = new PictureLossIndication({ senderSsrc: receiver.rtcpSsrc, mediaSsrc: ssrc });
  receiver.dtlsTransport.sendRtcp([new RtcpPayloadSpecificFeedback({ feedback })]).catch(() => {});
}
