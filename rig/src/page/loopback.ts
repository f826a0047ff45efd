import { preferCodec } from "./codec-preference.ts";
import { connect } from "./description.ts";
import { simulcastEncodings } from "./h264-camera.ts";
import { movingPicture } from "./moving-picture.ts";

/** Two peer connections in one page, one of which sends a moving picture to the other. */
export interface Loopback {
  readonly sending: RTCPeerConnection;
  readonly receiving: RTCPeerConnection;
  readonly sender: RTCRtpSender;
  readonly video: HTMLVideoElement;
  close(): void;
}

/** What is between them, and who is called on the way. */
export interface LoopbackOptions {
  /** @defaultValue video/H264 */
  readonly mimeType?: string;
  readonly configuration?: RTCConfiguration;
  /** Names of simulcast layers, the smallest first. @defaultValue a single stream */
  readonly layers?: readonly string[];
  /** Called before anything is negotiated. */
  readonly onSender?: (sender: RTCRtpSender) => void;
  /** Called in the track event itself. */
  readonly onReceiver?: (receiver: RTCRtpReceiver) => void;
  /** Called before anything is negotiated. */
  readonly onConnections?: (sending: RTCPeerConnection, receiving: RTCPeerConnection) => void;
}

/** Connects the two; the caller closes them. */
export async function connectLoopback(options: LoopbackOptions = {}): Promise<Loopback> {
  const { mimeType = "video/H264", configuration = {}, layers = [], onSender, onReceiver, onConnections } = options;
  const picture = movingPicture();
  const sending = new RTCPeerConnection(configuration);
  const receiving = new RTCPeerConnection(configuration);
  const video = document.createElement("video");
  video.muted = true;
  video.autoplay = true;
  document.body.append(video);
  receiving.ontrack = ({ track, receiver }) => {
    onReceiver?.(receiver);
    video.srcObject = new MediaStream([track]);
  };
  const transceiver = sending.addTransceiver(picture.track, {
    direction: "sendonly",
    sendEncodings: simulcastEncodings(layers),
  });
  preferCodec(transceiver, mimeType);
  onSender?.(transceiver.sender);
  onConnections?.(sending, receiving);
  await connect(sending, receiving, (answer) => withLayers(answer, layers));
  return {
    sending,
    receiving,
    sender: transceiver.sender,
    video,
    close() {
      sending.close();
      receiving.close();
      picture.close();
      video.remove();
    },
  };
}

/** A browser accepts no simulcast, so its answer is changed to say that it does. */
function withLayers(answer: RTCSessionDescription, layers: readonly string[]): RTCSessionDescriptionInit {
  const lines = layers.map((rid) => `a=rid:${rid} recv\r\n`).join("");
  const simulcast = layers.length > 0 ? `${lines}a=simulcast:recv ${layers.join(";")}\r\n` : "";
  return { type: answer.type, sdp: answer.sdp + simulcast };
}

/** Frames that the receiver of a connection has decoded. */
export async function framesDecoded(connection: RTCPeerConnection): Promise<number> {
  for (const stats of (await connection.getStats()).values()) {
    if (stats.type === "inbound-rtp") return stats.framesDecoded ?? 0;
  }
  return 0;
}
