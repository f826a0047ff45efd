import { type RTCRtpSender, type RtcpPacket, RtcpPayloadSpecificFeedback } from "werift";

/** FMT of a Picture Loss Indication (RFC 4585 6.3.1). */
const pictureLossIndication = 1;
/** FMT of a Full Intra Request (RFC 5104 4.3.1). */
const fullIntraRequest = 4;

/** Both kinds as far as they matter here. */
interface Feedback {
  readonly mediaSsrc: number;
  readonly fir?: readonly { readonly ssrc: number }[];
}

/**
 * Calls `listener` whenever the receiver of a connected sender requests a key frame, by PLI or by FIR. Returns what ends
 * it. The listener is called when the packet has been handled: werift goes through its listeners in a row, and one that
 * throws would keep the packet from the others.
 *
 * Reads the RTCP of the transport because werift hands a FIR to no sender, and a PLI to its receiver instead where the
 * peer's section names the SSRC that the PLI comes from, as those of werift and of every `sendrecv` section do.
 */
export function onKeyFrameRequest(sender: RTCRtpSender, listener: () => void): () => void {
  let isListening = true;
  const tell = (): void => {
    if (isListening) listener();
  };
  const { unSubscribe } = sender.dtlsTransport.onRtcp.subscribe((packet) => {
    if (requestsKeyFrame(packet, sender.ssrc)) queueMicrotask(tell);
  });
  return () => {
    isListening = false;
    unSubscribe();
  };
}

function requestsKeyFrame(packet: RtcpPacket, ssrc: number): boolean {
  if (!(packet instanceof RtcpPayloadSpecificFeedback)) return false;
  // Absent for formats that werift does not know.
  const count: number | undefined = packet.feedback?.count;
  const { mediaSsrc, fir } = (packet.feedback ?? {}) as Feedback;
  if (count === pictureLossIndication) return mediaSsrc === ssrc;
  return count === fullIntraRequest && fir?.some((entry) => entry.ssrc === ssrc) === true;
}
