import { NoH264Error } from "@inband/stream";
import type { MediaStream, MediaStreamTrack, RTCPeerConnection, RTCRtpTransceiver } from "werift";
import { remoteVideoCodecs } from "./negotiated-h264.ts";

/**
 * The transceiver that sends a video over a peer connection: a new one, or, when answering, one that the offer brought and
 * that has no track yet.
 *
 * @throws NoH264Error when the offer has no section that takes the video.
 */
export function sendingTransceiver(
  pc: RTCPeerConnection,
  track: MediaStreamTrack,
  stream: MediaStream,
  failed: (error: Error) => void,
): RTCRtpTransceiver {
  if (pc.signalingState !== "have-remote-offer") {
    return pc.addTransceiver(track, { direction: "sendonly", streams: [stream] });
  }
  const video = pc.getTransceivers().filter(({ kind, stopped }) => kind === "video" && !stopped);
  const transceiver = video.find(
    ({ sender, offerDirection, pendingRejection }) =>
      !sender.track && !pendingRejection && (offerDirection === "sendonly" || offerDirection === "sendrecv"),
  );
  if (!transceiver) {
    const refused = video.length === 0 || video.some(({ pendingRejection }) => pendingRejection);
    throw new NoH264Error(refused ? "no-common-codec" : "not-received", remoteVideoCodecs(pc));
  }
  transceiver.sender.replaceTrack(track).catch(failed);
  transceiver.sender.setStreams([stream]);
  transceiver.setDirection(transceiver.offerDirection);
  return transceiver;
}
