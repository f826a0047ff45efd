/** Chromium's API from before RTCRtpScriptTransform. */
export interface EncodedStreams {
  createEncodedStreams?(): FrameStreams;
}

/** The encoded frames of a sender, out of it and back into it. */
export interface FrameStreams {
  readonly readable: ReadableStream;
  readonly writable: WritableStream;
}

/**
 * Passes the frames of a sender on the page's own thread, where no worker runs that could. Takes the streams, if there are
 * any already.
 */
export function passThrough(sender: RTCRtpSender & EncodedStreams, streams?: FrameStreams): void {
  try {
    if (sender.transform) sender.transform = null;
    // Chromium still holds the frames back, and gives them to the page that asks for them in its older way.
    const { readable, writable } = streams ?? sender.createEncodedStreams?.() ?? {};
    if (writable) readable?.pipeTo(writable).catch(() => undefined);
  } catch {
    // The connection is closed, or another has the frames.
  }
}
