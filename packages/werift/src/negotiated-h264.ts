import { NoH264Error } from "@inband/stream";
import { type RTCPeerConnection, type RTCRtpTransceiver, SessionDescription } from "werift";

/** Codecs that repair or wrap others. */
const auxiliary = new Set(["rtx", "red", "ulpfec", "flexfec-03"]);

/**
 * Whether the video of a transceiver may flow: undefined while the two sides are still negotiating, true when H.264 in
 * packetization mode 1 was agreed, otherwise the error that says why not.
 *
 * The state of the connection says nothing about it: with no codec in common werift reports `connected`.
 */
export function negotiatedH264(pc: RTCPeerConnection, transceiver: RTCRtpTransceiver): true | NoH264Error | undefined {
  const settled = pc.signalingState === "stable" && pc.remoteDescription !== null && transceiver.mid !== null;
  if (!settled && !transceiver.stopped) return undefined;
  const offered = remoteVideoCodecs(pc);
  const codec = transceiver.sender.codec;
  if (transceiver.stopped || codec?.mimeType.toLowerCase() !== "video/h264") {
    const takesH264 = offered.some((name) => name.startsWith("H264"));
    return new NoH264Error(takesH264 ? "not-received" : "no-common-codec", offered);
  }
  if (!/packetization-mode=1/.test(codec.parameters ?? "")) return new NoH264Error("packetization-mode", offered);
  const direction = transceiver.currentDirection;
  if (direction !== null && direction !== undefined && !direction.includes("send")) {
    return new NoH264Error("not-received", offered);
  }
  return true;
}

/** Why none of the sections that a peer has offered takes a video. */
export function refusedVideo(pc: RTCPeerConnection): NoH264Error {
  const video = pc.getTransceivers().filter(({ kind, stopped }) => kind === "video" && !stopped);
  const hasNoCodec = video.length === 0 || video.some(({ pendingRejection }) => pendingRejection);
  return new NoH264Error(hasNoCodec ? "no-common-codec" : "not-received", remoteVideoCodecs(pc));
}

/** The video codecs in the remote description, by name, H.264 with its packetization mode where that is not 1. */
function remoteVideoCodecs(pc: RTCPeerConnection): string[] {
  const description = pc.remoteDescription;
  if (!description) return [];
  const names = new Set<string>();
  for (const media of SessionDescription.parse(description.sdp).media) {
    if (media.kind !== "video") continue;
    for (const codec of media.rtp.codecs) {
      if (auxiliary.has(codec.name.toLowerCase())) continue;
      // RFC 6184 8.1: without the parameter the packetization mode is 0.
      const mode1 = codec.name.toUpperCase() !== "H264" || /packetization-mode=1/.test(codec.parameters ?? "");
      names.add(mode1 ? codec.name : `${codec.name} packetization-mode=0`);
    }
  }
  return [...names];
}

/**
 * Whether the receiver of a connected sender asks for lost packets (NACK without a parameter, RFC 4585 4.2). It does when
 * both descriptions say so: werift's codecs show its own configuration, or the peer's.
 */
export function negotiatedNack(pc: RTCPeerConnection, { sender, mid }: RTCRtpTransceiver): boolean {
  const payloadType = sender.codec?.payloadType;
  return [pc.localDescription, pc.remoteDescription].every(
    (description) =>
      description &&
      SessionDescription.parse(description.sdp).media.some(
        ({ rtp }) =>
          rtp.muxId === mid &&
          rtp.codecs.some(
            (codec) =>
              codec.payloadType === payloadType &&
              codec.rtcpFeedback.some(({ type, parameter }) => type === "nack" && !parameter),
          ),
      ),
  );
}
