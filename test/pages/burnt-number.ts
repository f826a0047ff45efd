/** Small, but the strip with the number of the test picture survives scaling. */
const width = 216;
const height = 96;

/** What the video shows now, as RGBA in base64. */
export function pictureOf(video: HTMLVideoElement): string {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context?.drawImage(video, 0, 0, width, height);
  const bytes = context?.getImageData(0, 0, width, height).data ?? [];
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Calls back with every frame that the video shows. */
export function eachFrame(video: HTMLVideoElement, visit: (metadata: VideoFrameCallbackMetadata) => void): void {
  video.requestVideoFrameCallback((_, metadata) => {
    visit(metadata);
    eachFrame(video, visit);
  });
}

/** A message when it was presented. */
export interface Presentation {
  /** Number of the picture that the message speaks of. */
  readonly picture: number;
  readonly presented: boolean;
  /** RTP timestamp of the access unit that it speaks of. */
  readonly rtpTimestamp: number | undefined;
  /** What the video showed, from `pictureOf`. */
  readonly shown: string;
}
