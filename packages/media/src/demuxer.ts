import type { NodeAv } from "@inband/h264/node-av";
import type { FormatContext, Packet, Stream } from "node-av/lib";
import { chooseStreams } from "./chosen-streams.ts";
import { type DemuxedPacket, demuxedPacket, type Track, trackOf } from "./demuxed-packet.ts";
import { describeMedia, extradataOf, hasTimes } from "./described-media.ts";
import { inputOptions } from "./input-options.ts";
import { MediaError } from "./media-error.ts";
import type { MediaInfo } from "./media-info.ts";
import { type PipeRelay, relayPipe } from "./pipe-relay.ts";
import { readingNodeAv } from "./reading-node-av.ts";
import { isSessionDescription } from "./session-description.ts";
import { shownInput } from "./shown-input.ts";
import { VideoDecoder } from "./video-decoder.ts";

/** What FFmpeg may open for a session description; by default it opens files only. */
const sessionProtocols = "file,rtp,udp";

/** Reads the video and the audio of one input. */
export class Demuxer {
  readonly info: MediaInfo;
  /** The configuration of the video, where the container keeps it apart from the samples; a copy. */
  readonly videoExtradata: Uint8Array | undefined;
  /** How many video streams there are, of any codec. */
  readonly videoStreams: number;
  /** How many pictures the decoder holds back to put them in order. */
  readonly videoDelay: number;
  /** Whether the container has times at all; an elementary stream has none. */
  readonly hasTimes: boolean;
  readonly #av: NodeAv;
  readonly #input: string;
  readonly #relay: PipeRelay | undefined;
  readonly #format: FormatContext;
  readonly #packet: Packet;
  readonly #video: Stream;
  readonly #videoTrack: Track;
  readonly #audioTrack: Track | undefined;
  #reading: Promise<unknown> = Promise.resolve();
  #hasRead = false;
  #closed = false;
  #closing: Promise<void> | undefined;

  private constructor(
    av: NodeAv,
    input: string,
    format: FormatContext,
    prefersH264: boolean,
    relay: PipeRelay | undefined,
  ) {
    const { video, audio, videoStreams } = chooseStreams(av, format, input, prefersH264);
    this.#av = av;
    this.#input = input;
    this.#relay = relay;
    this.#format = format;
    this.#video = video;
    this.info = describeMedia(av, format, video, audio);
    this.#videoTrack = trackOf("video", video);
    if (audio !== undefined && (this.info.audio?.codec === "opus" || this.info.audio?.codec === "aac")) {
      this.#audioTrack = trackOf("audio", audio);
    }
    this.videoExtradata = extradataOf(video);
    this.videoStreams = videoStreams;
    this.videoDelay = video.codecpar.videoDelay;
    this.hasTimes = hasTimes(av, format, video);
    this.#packet = new av.Packet();
    this.#packet.alloc();
  }

  /**
   * Opens an input. With `prefersH264` a smaller H.264 stream is preferred to the one that FFmpeg considers the best.
   *
   * @throws MediaError `unreadable`, `no-video` or `unavailable`; signal.reason when it is aborted.
   */
  static async open(
    input: string,
    signal?: AbortSignal,
    { prefersH264 = false }: { readonly prefersH264?: boolean } = {},
  ): Promise<Demuxer> {
    const av = await readingNodeAv();
    signal?.throwIfAborted();
    const format = new av.FormatContext();
    // A context that openInput allocates by itself cannot be interrupted while it opens.
    format.allocContext();
    const interrupt = (): void => format.interrupt();
    signal?.addEventListener("abort", interrupt, { once: true });
    let relay: PipeRelay | undefined;
    let isKept = false;
    try {
      relay = await relayPipe(input);
      const options = (await isSessionDescription(input))
        ? { protocol_whitelist: sessionProtocols }
        : inputOptions(input);
      const dictionary = options === undefined ? null : av.Dictionary.fromObject({ ...options });
      const opened = await format.openInput(relay?.url ?? input, null, dictionary);
      signal?.throwIfAborted();
      if (opened < 0) throw unreadable(av, input, opened);
      try {
        const found = await format.findStreamInfo(null);
        signal?.throwIfAborted();
        if (found < 0) throw unreadable(av, input, found);
        const demuxer = new Demuxer(av, input, format, prefersH264, relay);
        isKept = true;
        return demuxer;
      } catch (error) {
        await format.closeInput();
        throw error;
      }
    } finally {
      signal?.removeEventListener("abort", interrupt);
      if (!isKept) await relay?.close();
    }
  }

  /** Whether audio packets are delivered. */
  get hasAudio(): boolean {
    return this.#audioTrack !== undefined;
  }

  /** A decoder of the video. */
  decoder(): Promise<VideoDecoder> {
    return VideoDecoder.open(this.#av, this.#video.codecpar, 0);
  }

  /** The next packet of the video or the audio; undefined at the end. */
  read(): Promise<DemuxedPacket | undefined> {
    const reading = this.#read();
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  async #read(): Promise<DemuxedPacket | undefined> {
    const { FFmpegError, constants } = this.#av;
    const packet = this.#packet;
    for (;;) {
      if (this.#closed) return undefined;
      packet.unref();
      const result = await this.#format.readFrame(packet);
      if (this.#closed || FFmpegError.is(result, constants.AVERROR_EOF)) return undefined;
      if (result < 0)
        throw this.#hasRead ? unreadable(this.#av, this.#input, result) : this.#unreadableFromStart(result);
      this.#hasRead = true;
      const index = packet.streamIndex;
      const track = index === this.#videoTrack.index ? this.#videoTrack : this.#audioTrack;
      if (track === undefined || index !== track.index) continue;
      const demuxed = demuxedPacket(packet, track, constants);
      if (demuxed !== undefined) return demuxed;
    }
  }

  /** Ends a pending read, then frees everything. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** An MP4 whose index is at its end opens, from a pipe too, but none of its pictures can be found there. */
  #unreadableFromStart(result: number): MediaError {
    const isPipe = this.#relay !== undefined || this.#input.startsWith("pipe:");
    if (!isPipe || !/\bmp4\b/.test(this.info.format)) return unreadable(this.#av, this.#input, result);
    const advice = "name the file, or write it with its index in front (FFmpeg: -movflags +faststart)";
    const message = `"${shownInput(this.#input)}" is an MP4 with its index at the end, which no pipe can be read by: ${advice}.`;
    return new MediaError("unreadable", message, { input: this.#input });
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.#format.interrupt();
    await this.#reading;
    this.#packet.free();
    await this.#format.closeInput();
    await this.#relay?.close();
  }
}

function unreadable(av: NodeAv, input: string, result: number): MediaError {
  const reason = av.FFmpegError.strerror(result);
  return new MediaError("unreadable", `"${shownInput(input)}" cannot be read as media: ${reason}.`, { input });
}
