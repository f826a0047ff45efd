import { preferCodec } from "./codec-preference.ts";

/**
 * Adds the camera to a connection, to be sent in H.264.
 *
 * @param layers Names of simulcast layers, the smallest first; none for a single stream.
 */
export async function addCamera(
  connection: RTCPeerConnection,
  layers: readonly string[] = [],
): Promise<RTCRtpTransceiver> {
  const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360, frameRate: 30 } });
  const transceiver = connection.addTransceiver(camera.getVideoTracks()[0] as MediaStreamTrack, {
    direction: "sendonly",
    sendEncodings: simulcastEncodings(layers),
  });
  preferCodec(transceiver, "video/H264");
  return transceiver;
}

/** Encodings for simulcast layers, each twice as large as the one before. */
export function simulcastEncodings(layers: readonly string[]): RTCRtpEncodingParameters[] {
  return layers.map((rid, index) => ({ rid, scaleResolutionDownBy: 2 ** (layers.length - 1 - index) }));
}
