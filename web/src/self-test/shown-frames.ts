import { readFrameNumber } from "@inband/media/frame-number";

/** Small, but the strip with the number survives the scaling. */
const width = 216;
const height = 96;
const remembered = 2000;

/** The frames that a video has shown: the numbers that were read in them, by RTP timestamp. */
export class ShownFrames {
  readonly #video: HTMLVideoElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #numbers = new Map<number, number>();
  /** Whether the picture of a video has the time that the browser tells of the frame: it has in Chromium. */
  #tellsTime = false;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
    video.nextElementSibling?.remove();
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    this.#context = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
    this.#next();
  }

  get decoded(): number {
    return this.#video.getVideoPlaybackQuality?.().totalVideoFrames ?? 0;
  }

  /** Leaves the last frame on the screen, where the video would turn black. */
  freeze(): void {
    const { videoWidth, videoHeight } = this.#video;
    if (videoWidth === 0) return;
    const still = Object.assign(document.createElement("canvas"), { width: videoWidth, height: videoHeight });
    still.getContext("2d")?.drawImage(this.#video, 0, 0);
    this.#video.after(still);
  }

  /** The number in the frame with a timestamp; undefined where it was not on the screen, or could not be read. */
  numberAt(rtpTimestamp: number | undefined): number | undefined {
    return rtpTimestamp === undefined ? undefined : this.#numbers.get(rtpTimestamp);
  }

  #next(): void {
    this.#video.requestVideoFrameCallback?.((_, { rtpTimestamp, mediaTime }) => {
      if (rtpTimestamp !== undefined && this.#numbers.size < remembered) this.#read(rtpTimestamp, mediaTime);
      this.#next();
    });
  }

  #read(rtpTimestamp: number, mediaTime: number): void {
    const picture = this.#picture(mediaTime);
    if (picture === undefined) return;
    this.#context.drawImage(picture, 0, 0, width, height);
    if (picture !== this.#video) (picture as VideoFrame).close();
    const { data } = this.#context.getImageData(0, 0, width, height);
    const bytes = new Uint8Array(data.buffer);
    const number = readFrameNumber({
      data: bytes,
      format: "RGBA",
      codedWidth: width,
      codedHeight: height,
      timestamp: 0,
    });
    if (number !== undefined) this.#numbers.set(rtpTimestamp, number);
  }

  /** What the video shows; undefined where the next frame is there already, as on a device that is short of time. */
  #picture(mediaTime: number): VideoFrame | HTMLVideoElement | undefined {
    if (globalThis.VideoFrame === undefined) return this.#video;
    let picture: VideoFrame;
    try {
      picture = new VideoFrame(this.#video);
    } catch {
      return this.#video;
    }
    const isOfFrame = Math.abs(picture.timestamp / 1_000_000 - mediaTime) < 0.001;
    if (isOfFrame) this.#tellsTime = true;
    if (isOfFrame || !this.#tellsTime) return picture;
    picture.close();
    return undefined;
  }
}
