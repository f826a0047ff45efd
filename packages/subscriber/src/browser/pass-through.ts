/** The API of Chromium that preceded RTCRtpScriptTransform. */
export interface EncodedStreams {
  createEncodedStreams?(): FrameStreams;
}

/** The encoded frames of a receiver, out of it and back into it. */
export interface FrameStreams {
  readonly readable: ReadableStream;
  readonly writable: WritableStream;
}

/** Passes the frames of a receiver on in the thread of the page, if no worker can; `streams` if they exist already. */
export function passThrough(receiver: RTCRtpReceiver & EncodedStreams, streams?: FrameStreams): void {
  try {
    if (receiver.transform) receiver.transform = null;
    // Chromium still holds the frames back, and gives them to whoever requests them through its older API.
    const { readable, writable } = streams ?? receiver.createEncodedStreams?.() ?? {};
    if (writable) readable?.pipeTo(writable).catch(() => undefined);
  } catch {
    // The connection is closed, or somebody else has the frames.
  }
}
