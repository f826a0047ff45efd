/** What carries frames in a browser: the sender or the receiver of video. */
export type FrameSource = (RTCRtpSender | RTCRtpReceiver) & {
  /** Chromium's API from before RTCRtpScriptTransform. */
  createEncodedStreams?(): FrameStreams;
};

/** The encoded frames of a sender or receiver, out of it and back into it. */
export interface FrameStreams {
  readonly readable: ReadableStream;
  readonly writable: WritableStream;
}

/** Passes frames on in the page's own thread, where no worker can. `streams` are those that were asked for already. */
export function passThrough(source: FrameSource, streams?: FrameStreams): void {
  try {
    if (source.transform) source.transform = null;
    // Chromium still holds the frames back, and gives them to whoever asks for them in its older way.
    const { readable, writable } = streams ?? source.createEncodedStreams?.() ?? {};
    if (writable) readable?.pipeTo(writable).catch(() => undefined);
  } catch {
    // The connection is closed, or another application has the frames.
  }
}
