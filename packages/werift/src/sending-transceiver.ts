import type { MediaStream, MediaStreamTrack, RTCPeerConnection, RTCRtpTransceiver } from "werift";

/**
 * The transceiver that sends a track over a peer connection: a new one, or, when answering, one that the offer brought and
 * that has no track yet; undefined where the offer has no section that takes the track.
 */
export function sendingTransceiver(
  pc: RTCPeerConnection,
  track: MediaStreamTrack,
  stream: MediaStream,
  failed: (error: Error) => void,
): RTCRtpTransceiver | undefined {
  if (pc.signalingState !== "have-remote-offer") {
    return pc.addTransceiver(track, { direction: "sendonly", streams: [stream] });
  }
  const transceiver = pc
    .getTransceivers()
    .find(
      ({ kind, stopped, sender, offerDirection, pendingRejection }) =>
        kind === track.kind &&
        !stopped &&
        !sender.track &&
        !pendingRejection &&
        (offerDirection === "sendonly" || offerDirection === "sendrecv"),
    );
  if (!transceiver) return undefined;
  transceiver.sender.replaceTrack(track).catch(failed);
  transceiver.sender.setStreams([stream]);
  transceiver.setDirection(transceiver.offerDirection);
  return transceiver;
}
