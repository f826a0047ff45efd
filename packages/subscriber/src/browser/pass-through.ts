/** Chromium's API from before RTCRtpScriptTransform. */
export interface EncodedStreams {
  createEncodedStreams?(): FrameStreams;
}

/** The encoded frames of a receiver, out of it and back into it. */
export interface FrameStreams {
  readonly readable: ReadableStream;
  readonly writable: WritableStream;
}

/**
 * Lets the frames of a receiver pass on the page's own thread, where no worker runs that could. Given the streams, if there
 * are any already.
 */
export function passThrough(receiver: RTCRtpReceiver & EncodedStreams, streams?: FrameStreams): void {
  try {
    if (receiver.transform) receiver.transform = null;
    // Chromium goes on to hold the frames back, and hands them to whoever asks for them in its older way.
    const { readable, writable } = streams ?? receiver.createEncodedStreams?.() ?? {};
    if (writable) readable?.pipeTo(writable).catch(() => undefined);
  } catch {
    // The connection is closed, or another has the frames.
  }
}
