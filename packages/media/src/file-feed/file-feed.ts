import { type AvccLengthSize, findSeiAnnexB, findSeiAvcc, readAvcConfig } from "@inband/h264";
import { checkOptions, readSei, type SeiFeed, type SeiSink } from "@inband/stream";
import type { EncodedPacket, Input, InputVideoTrack } from "mediabunny";
import { loadMediabunny } from "../bitstream/mediabunny.ts";
import { MediaError } from "../media-error.ts";

/** What of a video element is used. */
export interface PlayingVideo extends Pick<EventTarget, "addEventListener" | "removeEventListener"> {
  /** In seconds. */
  readonly currentTime: number;
}

/** Settings of a `fileFeed`. */
export interface FileFeedOptions {
  /** @defaultValue "file" */
  readonly name?: string;
  /** Plays the file: it is read no further ahead than `aheadSeconds`. @defaultValue all of it is read at once */
  readonly video?: PlayingVideo;
  /** @defaultValue 10 */
  readonly aheadSeconds?: number;
}

const optionNames: ReadonlySet<string> = new Set(["name", "video", "aheadSeconds"] satisfies (keyof FileFeedOptions)[]);

/** A video that stands still may be played on without an event of it. */
const lookEveryMs = 500;

/**
 * The messages in a recording, in a page or in Node: MP4, fragmented or not, MOV, MKV, MPEG-TS. mediabunny reads it, and no
 * native code. `message` fires when a message is read, in the order of the file, with the media time of its frame as
 * `timestamp`; after `presentWith(video)` on the attachment, `present` fires when its frame is on the screen. The end of the
 * file is an `ended`.
 *
 * @param file - A file that a user has chosen, a `Blob`, or the address of one.
 * @throws TypeError or RangeError that names the option. What is no video of H.264 is an `error` of the subscriber.
 *
 * @example
 * ```ts
 * video.src = URL.createObjectURL(file);
 * subscriber.attach(fileFeed(file, { video })).presentWith(video);
 * ```
 */
export function fileFeed(file: Blob | string | URL, options: FileFeedOptions = {}): SeiFeed {
  checkOptions(options, optionNames);
  const isAddress = typeof file === "string" || file instanceof URL;
  if (!isAddress && !(file instanceof Blob)) throw new TypeError("file: expected a Blob or an address");
  const { name = "file", video, aheadSeconds = 10 } = options;
  if (!(aheadSeconds > 0)) throw new RangeError(`aheadSeconds: expected more than 0, got ${String(aheadSeconds)}`);
  return {
    name,
    // It is read long before it is shown.
    isLive: false,
    open(sink) {
      const closing = new AbortController();
      const reading = new FileReading(sink, closing.signal, video && { video, aheadSeconds });
      void reading.run(file);
      return { [Symbol.dispose]: () => closing.abort() };
    },
  };
}

/** One passage through a file. */
class FileReading {
  readonly #sink: SeiSink;
  readonly #signal: AbortSignal;
  readonly #pace: { readonly video: PlayingVideo; readonly aheadSeconds: number } | undefined;

  constructor(
    sink: SeiSink,
    signal: AbortSignal,
    pace: { readonly video: PlayingVideo; readonly aheadSeconds: number } | undefined,
  ) {
    this.#sink = sink;
    this.#signal = signal;
    this.#pace = pace;
  }

  /** Never rejects. */
  async run(file: Blob | string | URL): Promise<void> {
    let input: Input | undefined;
    try {
      const { ALL_FORMATS, BlobSource, EncodedPacketSink, Input, UrlSource } = await loadMediabunny();
      const source = file instanceof Blob ? new BlobSource(file) : new UrlSource(file);
      input = new Input({ formats: ALL_FORMATS, source });
      const track = await h264TrackOf(input);
      const lengthSize = await lengthSizeOf(track);
      for await (const packet of new EncodedPacketSink(track).packets()) {
        await this.#due(packet.timestamp);
        if (this.#signal.aborted) return;
        this.#read(packet, lengthSize);
      }
      this.#sink.ended("end-of-media");
    } catch (error) {
      if (!this.#signal.aborted) this.#sink.failed(error instanceof Error ? error : new Error(String(error)));
    } finally {
      input?.dispose();
    }
  }

  #read({ data, timestamp, type }: EncodedPacket, lengthSize: AvccLengthSize | undefined): void {
    const place = { stream: "video", timestamp: Math.round(timestamp * 1_000_000), isKeyFrame: type === "key" };
    const nals = lengthSize === undefined ? findSeiAnnexB(data) : findSeiAvcc(data, lengthSize).nals;
    for (const nal of nals) readSei(this.#sink, nal, place);
    this.#sink.accessUnits(1);
  }

  /** Resolves when the video is near enough to a time, or the feed is closed. */
  async #due(seconds: number): Promise<void> {
    if (!this.#pace) return;
    const { video, aheadSeconds } = this.#pace;
    while (!this.#signal.aborted && seconds > video.currentTime + aheadSeconds) await this.#look(video);
  }

  #look(video: PlayingVideo): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        for (const event of ["timeupdate", "seeking"]) video.removeEventListener(event, done);
        this.#signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, lookEveryMs);
      for (const event of ["timeupdate", "seeking"]) video.addEventListener(event, done);
      this.#signal.addEventListener("abort", done);
    });
  }
}

async function h264TrackOf(input: Input): Promise<InputVideoTrack> {
  const track = await input.getPrimaryVideoTrack();
  if (!track) throw new MediaError("no-video", "The file holds no video.");
  const codec = await track.getCodec();
  if (codec !== "avc") throw new MediaError("not-h264", `The video of the file is ${codec ?? "unknown"}, not H.264.`);
  return track;
}

/** Undefined where its samples are byte streams. */
async function lengthSizeOf(track: InputVideoTrack): Promise<AvccLengthSize | undefined> {
  const { description } = (await track.getDecoderConfig()) ?? {};
  if (description === undefined) return undefined;
  const bytes = ArrayBuffer.isView(description)
    ? new Uint8Array(description.buffer, description.byteOffset, description.byteLength)
    : new Uint8Array(description);
  return readAvcConfig(bytes).lengthSize as AvccLengthSize;
}
