/** What a browser has, by name: whether, or more than that in a few words. */
export type Abilities = Readonly<Record<string, boolean | string>>;

const size = { width: 640, height: 360, bitrate: 1_000_000, framerate: 30 };

/** Asks the browser for all that messages in video need, and for what makes it better. */
export async function abilities(): Promise<Abilities> {
  const has = (value: unknown): boolean => value !== undefined;
  return {
    WebRTC: has(globalThis.RTCPeerConnection),
    "H.264 to receive": hasH264(globalThis.RTCRtpReceiver),
    "H.264 to send": hasH264(globalThis.RTCRtpSender),
    "H.264 decoder": await quality("decodingInfo"),
    "H.264 encoder": await quality("encodingInfo"),
    RTCRtpScriptTransform: "RTCRtpScriptTransform" in globalThis,
    createEncodedStreams: "createEncodedStreams" in (globalThis.RTCRtpSender?.prototype ?? {}),
    requestVideoFrameCallback: "requestVideoFrameCallback" in HTMLVideoElement.prototype,
    "canvas.captureStream": "captureStream" in HTMLCanvasElement.prototype,
    WebCodecs: "VideoDecoder" in globalThis,
    "Secure page": globalThis.isSecureContext,
  };
}

function hasH264(end: typeof RTCRtpReceiver | typeof RTCRtpSender | undefined): boolean {
  const codecs = end?.getCapabilities?.("video")?.codecs ?? [];
  return codecs.some(({ mimeType }) => /^video\/h264$/i.test(mimeType));
}

async function quality(direction: "decodingInfo" | "encodingInfo"): Promise<boolean | string> {
  try {
    const video = { contentType: "video/H264", ...size };
    const info = await navigator.mediaCapabilities[direction]({ type: "webrtc", video } as never);
    if (!info.supported) return false;
    return [info.smooth && "smooth", info.powerEfficient ? "in hardware" : "in software"].filter(Boolean).join(", ");
  } catch {
    return false;
  }
}
