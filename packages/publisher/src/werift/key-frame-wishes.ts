import { type RTCRtpSender, type RtcpPacket, RtcpPayloadSpecificFeedback } from "werift";

/** FMT of a Full Intra Request (RFC 5104 4.3.1). */
const fullIntraRequest = 4;

/**
 * Calls `listener` whenever the receiver of a connected sender asks for a key frame, by PLI (RFC 4585 6.3.1) or by FIR
 * (RFC 5104 4.3.1), which werift reads and hands to no sender. Returns what ends it.
 */
export function onKeyFrameWish(sender: RTCRtpSender, listener: () => void): () => void {
  const pli = sender.onPictureLossIndication.subscribe(listener);
  const fir = sender.dtlsTransport.onRtcp.subscribe((packet) => {
    if (asksFor(packet, sender.ssrc)) listener();
  });
  return () => {
    pli.unSubscribe();
    fir.unSubscribe();
  };
}

function asksFor(packet: RtcpPacket, ssrc: number): boolean {
  if (!(packet instanceof RtcpPayloadSpecificFeedback) || packet.feedback?.count !== fullIntraRequest) return false;
  const { fir } = packet.feedback as { readonly fir?: readonly { readonly ssrc: number }[] };
  return fir?.some((entry) => entry.ssrc === ssrc) ?? false;
}
