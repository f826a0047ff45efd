/** Two peer connections in one page, with video that a worker paints: it flows on while the page is blocked. */

export interface Loopback {
  readonly sending: RTCPeerConnection;
  readonly receiving: RTCPeerConnection;
  readonly sender: RTCRtpSender;
  readonly video: HTMLVideoElement;
  close(): void;
}

export interface LoopbackOptions {
  /** Default: video/H264. */
  readonly mimeType?: string;
  readonly configuration?: RTCConfiguration;
  /** Names of simulcast layers, the smallest first. */
  readonly layers?: readonly string[];
  /** Called before anything is negotiated. */
  readonly onSender?: (sender: RTCRtpSender) => void;
  /** Called in the track event itself. */
  readonly onReceiver?: (receiver: RTCRtpReceiver) => void;
  /** Called before anything is negotiated. */
  readonly onConnections?: (sending: RTCPeerConnection, receiving: RTCPeerConnection) => void;
}

export async function connectLoopback(options: LoopbackOptions = {}): Promise<Loopback> {
  const { mimeType = "video/H264", configuration = {}, layers = [], onSender, onReceiver, onConnections } = options;
  const picture = movingPicture();
  const sending = new RTCPeerConnection(configuration);
  const receiving = new RTCPeerConnection(configuration);
  const video = document.createElement("video");
  video.muted = true;
  video.autoplay = true;
  document.body.append(video);

  sending.onicecandidate = ({ candidate }) => void receiving.addIceCandidate(candidate ?? undefined);
  receiving.onicecandidate = ({ candidate }) => void sending.addIceCandidate(candidate ?? undefined);
  receiving.ontrack = ({ track, receiver }) => {
    onReceiver?.(receiver);
    video.srcObject = new MediaStream([track]);
  };
  const transceiver = sending.addTransceiver(picture.track, {
    direction: "sendonly",
    sendEncodings: layers.map((rid, n) => ({ rid, scaleResolutionDownBy: 2 ** (layers.length - 1 - n) })),
  });
  const codecs = RTCRtpSender.getCapabilities("video")?.codecs ?? [];
  transceiver.setCodecPreferences(
    codecs.filter((codec) => codec.mimeType === mimeType || codec.mimeType === "video/rtx"),
  );
  onSender?.(transceiver.sender);
  onConnections?.(sending, receiving);

  await sending.setLocalDescription();
  await receiving.setRemoteDescription(sending.localDescription!);
  await receiving.setLocalDescription();
  await sending.setRemoteDescription(withLayers(receiving.localDescription!, layers));
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

/** A browser takes no simulcast, so its answer is made to say that it does. */
function withLayers(answer: RTCSessionDescription, layers: readonly string[]): RTCSessionDescriptionInit {
  const lines = layers.map((rid) => `a=rid:${rid} recv\r\n`).join("");
  const simulcast = layers.length > 0 ? `${lines}a=simulcast:recv ${layers.join(";")}\r\n` : "";
  return { type: answer.type, sdp: answer.sdp + simulcast };
}

const PAINTER = `onmessage = async ({ data }) => {
  const writer = data.writable.getWriter();
  const canvas = new OffscreenCanvas(640, 360);
  const context = canvas.getContext("2d");
  for (let n = 0; ; n++) {
    context.fillStyle = "hsl(" + n * 3 + " 60% 50%)";
    context.fillRect(0, 0, 640, 360);
    context.fillStyle = "white";
    context.fillRect((n * 5) % 640, 80, 40, 40);
    const frame = new VideoFrame(canvas, { timestamp: Math.round(performance.now() * 1000) });
    try { await writer.write(frame); } catch { close(); return; }
    await new Promise((resolve) => setTimeout(resolve, 33));
  }
};`;

function movingPicture(): { track: MediaStreamTrack; close(): void } {
  const Generator = (globalThis as unknown as { MediaStreamTrackGenerator: TrackGenerator }).MediaStreamTrackGenerator;
  const track = new Generator({ kind: "video" });
  const worker = startWorker(PAINTER);
  worker.postMessage({ writable: track.writable }, [track.writable]);
  return {
    track,
    close() {
      track.stop();
      worker.terminate();
    },
  };
}

type TrackGenerator = new (init: { kind: "video" }) => MediaStreamTrack & { readonly writable: WritableStream };

export function startWorker(text: string): Worker {
  return new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
}

/** Holds the page's one thread. */
export function blockFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/**
 * Blocks the page again and again, 300 ms each, until frames have been counted during five of the blocks: right after a
 * block, `counted` knows only what others did meanwhile.
 */
export async function untilFlowsWhileBlocked(counted: () => number, between: () => void): Promise<void> {
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  for (let block = 0, flowed = 0; flowed < 5; block++) {
    if (block === 40) throw new Error(`frames flowed during ${flowed} of ${block} blocks only`);
    between();
    await pause(60);
    const before = counted();
    blockFor(300);
    await pause(0);
    if (counted() - before >= 3) flowed++;
  }
}

export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 10_000,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function framesDecoded(connection: RTCPeerConnection): Promise<number> {
  for (const stats of (await connection.getStats()).values()) {
    if (stats.type === "inbound-rtp") return stats.framesDecoded ?? 0;
  }
  return 0;
}
