/** The upper part of a decoded picture, in which the test picture has its number. */
export interface Strip {
  readonly width: number;
  readonly height: number;
  /** Its luma, in base64. */
  readonly luma: string;
}

type TrackProcessor = new (init: {
  track: MediaStreamTrack;
  maxBufferSize: number;
}) => { readonly readable: ReadableStream<VideoFrame & { metadata(): { readonly rtpTimestamp?: number } }> };

/** The number takes a twelfth of the height. */
const stripsInHeight = 12;
const kept = 90;
/** A message comes before its picture is decoded, or shortly after. */
const waitMs = 2000;

/** What a track shows, by RTP timestamp. */
export class DecodedPictures {
  readonly #strips = new Map<number, Strip>();
  readonly #waiting = new Map<number, (strip: Strip) => void>();

  /** Begins to read. */
  read(track: MediaStreamTrack): void {
    const Processor = (globalThis as unknown as { MediaStreamTrackProcessor: TrackProcessor })
      .MediaStreamTrackProcessor;
    void this.#read(new Processor({ track, maxBufferSize: kept }).readable.getReader());
  }

  /** Of the picture that was decoded last. */
  get height(): number {
    return [...this.#strips.values()].at(-1)?.height ?? 0;
  }

  /** Resolves with the picture that was decoded with a timestamp; undefined where none was within two seconds. */
  async decodedWith(rtpTimestamp: number | undefined): Promise<Strip | undefined> {
    if (rtpTimestamp === undefined) return undefined;
    const decoded = new Promise<Strip>((resolve) => this.#waiting.set(rtpTimestamp, resolve));
    const late = new Promise<undefined>((resolve) => setTimeout(resolve, waitMs));
    return this.#strips.get(rtpTimestamp) ?? Promise.race([decoded, late]);
  }

  async #read(frames: ReadableStreamDefaultReader<VideoFrame & { metadata(): { readonly rtpTimestamp?: number } }>) {
    for (let next = await frames.read(); !next.done; next = await frames.read()) {
      const frame = next.value;
      const { rtpTimestamp } = frame.metadata();
      if (rtpTimestamp !== undefined) await this.#keep(rtpTimestamp, frame);
      frame.close();
    }
  }

  async #keep(rtpTimestamp: number, frame: VideoFrame): Promise<void> {
    const { codedWidth: width, codedHeight: height } = frame;
    const rect = { x: 0, y: 0, width, height: 2 * Math.ceil(height / stripsInHeight / 2) };
    const bytes = new Uint8Array(frame.allocationSize({ rect }));
    const [luma] = await frame.copyTo(bytes, { rect });
    if (!luma || luma.stride !== width) return;
    let text = "";
    for (const byte of bytes.subarray(luma.offset, luma.offset + width * rect.height))
      text += String.fromCharCode(byte);
    const strip = { width, height, luma: btoa(text) };
    this.#waiting.get(rtpTimestamp)?.(strip);
    this.#waiting.delete(rtpTimestamp);
    this.#strips.set(rtpTimestamp, strip);
    for (const oldest of this.#strips.keys()) if (this.#strips.size > kept) this.#strips.delete(oldest);
  }
}
