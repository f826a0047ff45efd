import type {
  CodecContext,
  CodecParameters,
  FormatContext,
  Frame,
  Packet,
  SoftwareScaleContext,
  Stream,
} from "node-av/lib";
import { MediaError } from "./media-error.ts";
import type { AudioInfo, MediaInfo } from "./media-info.ts";
import { type PipeRelay, relayPipe } from "./pipe-relay.ts";
import { isSessionDescription } from "./session-description.ts";

/** The two doors of node-av that are used: its low-level layer and FFmpeg's constants. */
type NodeAv = typeof import("node-av/lib") & { readonly constants: typeof import("node-av/constants") };

const install = "npm install node-av@6.1.1";
const dispositionAttachedPicture = 0x400;
const discardAll = 48;
/** What FFmpeg may open on the word of a session description; by itself it opens files only. */
const sessionProtocols = "file,rtp,udp";

let loaded: Promise<NodeAv> | undefined;

/** Loads node-av when the first source is opened, since it is an optional peer of 175 MB. */
async function loadNodeAv(): Promise<NodeAv> {
  loaded ??= importNodeAv();
  try {
    return await loaded;
  } catch (cause) {
    loaded = undefined;
    const missing = cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND";
    const text = cause instanceof Error ? cause.message : String(cause);
    const reason = missing ? "The package node-av is not installed" : `The package node-av does not load: ${text}`;
    throw new MediaError("unavailable", `${reason}. Reading media needs it: ${install}`, { cause });
  }
}

async function importNodeAv(): Promise<NodeAv> {
  const [lib, constants] = await Promise.all([import("node-av/lib"), import("node-av/constants")]);
  // FFmpeg prints at level INFO by itself; a level that the application has chosen is left alone.
  if (lib.Log.getLevel() === constants.AV_LOG_INFO) lib.Log.setLevel(constants.AV_LOG_FATAL);
  return { ...lib, constants };
}

/** One packet of a container; times in microseconds of the container's own clock. */
export interface DemuxedPacket {
  readonly kind: "video" | "audio";
  /** A view of native memory that the next read frees. */
  readonly data: Uint8Array;
  readonly pts: number | undefined;
  readonly dts: number | undefined;
  /** Not rounded; 0 when it is not known. */
  readonly duration: number;
  /** For {@link VideoDecoder.decode}; freed by the next read. */
  readonly native: Packet;
  /** Byte offset in the input, where it is known. */
  readonly position: number | undefined;
  /** Whether decoders may begin here, by the word of the container or of FFmpeg's parser. */
  readonly isSync: boolean;
  /** The configuration that holds from this packet on, where the container brings another; a copy. */
  readonly configuration: Uint8Array | undefined;
}

/** What is needed of a stream for every packet, read from native memory once. */
interface Track {
  readonly kind: "video" | "audio";
  readonly index: number;
  readonly num: number;
  readonly den: number;
}

function trackOf(kind: "video" | "audio", { index, timeBase }: Stream): Track {
  return { kind, index, num: timeBase.num, den: timeBase.den };
}

/** Reads the video and the sound of one input. */
export class Demuxer {
  readonly info: MediaInfo;
  /** SPS and PPS where the container keeps them apart from the samples. */
  readonly videoExtradata: Uint8Array | undefined;
  /** Of any codec. */
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
  #closed = false;
  #closing: Promise<void> | undefined;

  private constructor(
    av: NodeAv,
    input: string,
    format: FormatContext,
    prefersH264: boolean,
    relay: PipeRelay | undefined,
  ) {
    const { constants } = av;
    const streams = format.streams;
    const videos = streams.filter(({ codecpar }) => codecpar.codecType === constants.AVMEDIA_TYPE_VIDEO);
    const h264 = videos.filter(({ codecpar }) => codecpar.codecId === constants.AV_CODEC_ID_H264);
    const best = streams[format.findBestStream(constants.AVMEDIA_TYPE_VIDEO)];
    const video = prefersH264 && h264.length > 0 ? largestOf(h264) : best;
    const audio = streams[format.findBestStream(constants.AVMEDIA_TYPE_AUDIO)];
    if (video === undefined || (video.disposition & dispositionAttachedPicture) !== 0) {
      throw new MediaError("no-video", `"${input}" holds no video.`, { input });
    }
    this.#av = av;
    this.#input = input;
    this.#relay = relay;
    this.#format = format;
    this.#video = video;
    for (const stream of streams) {
      if (stream !== video && stream !== audio) stream.discard = discardAll as Stream["discard"];
    }
    this.info = describe(av, format, video, audio);
    this.#videoTrack = trackOf("video", video);
    if (audio !== undefined && (this.info.audio?.codec === "opus" || this.info.audio?.codec === "aac")) {
      this.#audioTrack = trackOf("audio", audio);
    }
    this.videoExtradata = copyOf(video.codecpar.extradata);
    this.videoStreams = videos.filter(({ disposition }) => (disposition & dispositionAttachedPicture) === 0).length;
    this.videoDelay = video.codecpar.videoDelay;
    this.hasTimes = hasTimes(av, format, video);
    this.#packet = new av.Packet();
    this.#packet.alloc();
  }

  /**
   * With `prefersH264` a smaller H.264 stream goes before what FFmpeg takes for the best.
   *
   * @throws MediaError `unreadable`, `no-video` or `unavailable`; signal.reason when it is aborted.
   */
  static async open(
    input: string,
    signal?: AbortSignal,
    { prefersH264 = false }: { readonly prefersH264?: boolean } = {},
  ): Promise<Demuxer> {
    const av = await loadNodeAv();
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
        ? av.Dictionary.fromObject({ protocol_whitelist: sessionProtocols })
        : null;
      const opened = await format.openInput(relay?.url ?? input, null, options);
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

  /** Whether sound is delivered. */
  get hasAudio(): boolean {
    return this.#audioTrack !== undefined;
  }

  /** A decoder of the video whose pictures carry the times that {@link VideoDecoder.decode} is given. */
  decoder(): Promise<VideoDecoder> {
    return VideoDecoder.open(this.#av, this.#video.codecpar, 0);
  }

  /** The next packet of the video or the sound; undefined at the end. */
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
      if (result < 0) throw unreadable(this.#av, this.#input, result);
      const index = packet.streamIndex;
      const track = index === this.#videoTrack.index ? this.#videoTrack : this.#audioTrack;
      if (track === undefined || index !== track.index || packet.data === null) continue;
      return {
        kind: track.kind,
        data: packet.data,
        pts: microseconds(packet.pts, track),
        dts: microseconds(packet.dts, track),
        duration: (Number(packet.duration) * track.num * 1_000_000) / track.den,
        native: packet,
        position: packet.pos < 0n ? undefined : Number(packet.pos),
        isSync: (packet.flags & constants.AV_PKT_FLAG_KEY) !== 0,
        configuration: nonEmptyCopyOf(packet.getSideData(constants.AV_PKT_DATA_NEW_EXTRADATA)),
      };
    }
  }

  /** Ends a read that waits, then frees everything. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
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

/** A compressed picture on its way into a decoder; times in microseconds. */
export interface EncodedPicture {
  readonly data: Uint8Array | Packet;
  readonly pts: number | undefined;
  readonly dts: number | undefined;
  readonly duration: number;
}

/** A decoded picture in native memory, valid until the next one is received. */
export interface DecodedPicture {
  readonly width: number;
  readonly height: number;
  /** In microseconds. */
  readonly timestamp: number;
  readonly native: Frame;
}

/** Decodes one video stream. */
export class VideoDecoder {
  readonly #av: NodeAv;
  readonly #context: CodecContext;
  readonly #frame: Frame;
  readonly #own: Packet;
  #scaler: { context: SoftwareScaleContext; key: string } | undefined;
  /** The last time that was known, and how many pictures without one have followed it. */
  #knownTimestamp: number | undefined;
  #untimed = 0;
  #duration = 0;

  private constructor(av: NodeAv, context: CodecContext) {
    this.#av = av;
    this.#context = context;
    this.#frame = new av.Frame();
    this.#frame.alloc();
    this.#own = new av.Packet();
    this.#own.alloc();
  }

  /** A decoder for H.264 access units with their parameter sets in band. */
  static async forH264(): Promise<VideoDecoder> {
    return VideoDecoder.open(await loadNodeAv(), undefined, 1);
  }

  /** `threads` 0 lets FFmpeg choose, at the price of some pictures of delay. */
  static async open(av: NodeAv, parameters: CodecParameters | undefined, threads: number): Promise<VideoDecoder> {
    const id = parameters?.codecId ?? av.constants.AV_CODEC_ID_H264;
    const codec = av.Codec.findDecoder(id);
    if (codec === null)
      throw new MediaError("unreadable", `This build of FFmpeg cannot decode ${av.avGetCodecName(id)}.`);
    const context = new av.CodecContext();
    context.allocContext3(codec);
    try {
      if (parameters !== undefined) av.FFmpegError.throwIfError(context.parametersToContext(parameters), "parameters");
      context.pktTimebase = new av.Rational(1, 1_000_000);
      context.threadCount = threads;
      av.FFmpegError.throwIfError(await context.open2(codec, null), "open2");
    } catch (cause) {
      context.freeContext();
      const text = cause instanceof Error ? cause.message : String(cause);
      throw new MediaError("unreadable", `The decoder for ${codec.name} does not open: ${text}`, { cause });
    }
    return new VideoDecoder(av, context);
  }

  /** Sends one packet; false when the decoder cannot use it, which ends nothing. `null` asks for what is held back. */
  async decode(packet: EncodedPicture | null): Promise<boolean> {
    if (packet === null) return (await this.#context.sendPacket(null)) >= 0;
    let native = this.#own;
    if (packet.data instanceof Uint8Array) native.data = buffer(packet.data);
    else native = packet.data;
    const { AV_NOPTS_VALUE } = this.#av.constants;
    this.#duration = packet.duration;
    native.pts = packet.pts === undefined ? AV_NOPTS_VALUE : BigInt(packet.pts);
    native.dts = packet.dts === undefined ? AV_NOPTS_VALUE : BigInt(packet.dts);
    return (await this.#context.sendPacket(native)) >= 0;
  }

  /** The next picture that is ready. */
  async receive(): Promise<DecodedPicture | undefined> {
    const frame = this.#frame;
    if ((await this.#context.receiveFrame(frame)) < 0) return undefined;
    const { AV_NOPTS_VALUE } = this.#av.constants;
    const pts = [frame.bestEffortTimestamp, frame.pts].find((value) => value !== AV_NOPTS_VALUE);
    if (pts !== undefined || this.#knownTimestamp === undefined) {
      this.#knownTimestamp = Number(pts ?? 0);
      this.#untimed = 0;
    } else {
      this.#untimed++;
    }
    const timestamp = Math.round(this.#knownTimestamp + this.#untimed * this.#duration);
    return { width: frame.width, height: frame.height, timestamp, native: frame };
  }

  /** Makes a drained decoder take packets again. */
  restart(): void {
    this.#context.flushBuffers();
  }

  /** Writes a picture as I420 of the given size into `target`, which has room for exactly that. */
  async writeI420(picture: DecodedPicture, target: Uint8Array, width: number, height: number): Promise<void> {
    const { constants, FFmpegError } = this.#av;
    const { native } = picture;
    const source = native.data ?? [];
    const strides = native.linesize.slice(0, source.length);
    const bytes = buffer(target);
    if (native.format === constants.AV_PIX_FMT_YUV420P && picture.width === width && picture.height === height) {
      this.#av.avImageCopyToBuffer(
        bytes,
        bytes.length,
        source,
        strides,
        constants.AV_PIX_FMT_YUV420P,
        width,
        height,
        1,
      );
      return;
    }
    const luma = width * height;
    const planes = [bytes.subarray(0, luma), bytes.subarray(luma, luma * 1.25), bytes.subarray(luma * 1.25)];
    const scaler = this.#scalerFor(native, width, height);
    const result = await scaler.scale(source, strides, 0, picture.height, planes, [width, width / 2, width / 2]);
    FFmpegError.throwIfError(result, "scale");
  }

  close(): void {
    this.#scaler?.context.freeContext();
    this.#frame.free();
    this.#own.free();
    this.#context.freeContext();
  }

  #scalerFor(frame: Frame, width: number, height: number): SoftwareScaleContext {
    const key = [frame.width, frame.height, frame.format].join();
    if (this.#scaler?.key === key) return this.#scaler.context;
    const { constants } = this.#av;
    this.#scaler?.context.freeContext();
    const context = new this.#av.SoftwareScaleContext();
    const format = frame.format as typeof constants.AV_PIX_FMT_YUV420P;
    context.getContext(
      frame.width,
      frame.height,
      format,
      width,
      height,
      constants.AV_PIX_FMT_YUV420P,
      constants.SWS_BILINEAR,
    );
    this.#scaler = { context, key };
    return context;
  }
}

function describe(av: NodeAv, format: FormatContext, video: Stream, audio: Stream | undefined): MediaInfo {
  const { width, height, codecId } = video.codecpar;
  // For an elementary stream FFmpeg gives its own default of 25.
  const rate = hasTimes(av, format, video) ? video.avgFrameRate : undefined;
  const framerate = rate !== undefined && rate.num > 0 && rate.den > 0 ? rate.toDouble() : undefined;
  const durationMs = format.duration > 0n ? Number(format.duration) / 1000 : undefined;
  return {
    format: format.iformat?.name ?? "unknown",
    ...(durationMs === undefined ? {} : { durationMs }),
    video: {
      codec: av.avGetCodecName(codecId) ?? "unknown",
      width,
      height,
      ...(framerate === undefined ? {} : { framerate }),
    },
    ...(audio === undefined ? {} : { audio: describeAudio(av, audio) }),
  };
}

function largestOf(streams: readonly Stream[]): Stream | undefined {
  const pixels = ({ codecpar }: Stream): number => codecpar.width * codecpar.height;
  return [...streams].sort((a, b) => pixels(b) - pixels(a))[0];
}

function hasTimes({ constants }: NodeAv, format: FormatContext, video: Stream): boolean {
  return video.startTime !== constants.AV_NOPTS_VALUE || format.startTime !== constants.AV_NOPTS_VALUE;
}

function describeAudio(av: NodeAv, { codecpar }: Stream): AudioInfo {
  const config = copyOf(codecpar.extradata);
  return {
    codec: av.avGetCodecName(codecpar.codecId) ?? "unknown",
    sampleRate: codecpar.sampleRate,
    channels: codecpar.channels,
    ...(config === undefined ? {} : { config }),
  };
}

function microseconds(time: bigint, { num, den }: Track): number | undefined {
  // AV_NOPTS_VALUE, the lowest 64-bit number.
  if (time === -0x8000000000000000n) return undefined;
  return Math.round((Number(time) * num * 1_000_000) / den);
}

function unreadable(av: NodeAv, input: string, result: number): MediaError {
  const reason = av.FFmpegError.strerror(result);
  return new MediaError("unreadable", `"${input}" cannot be read as media: ${reason}.`, { input });
}

function nonEmptyCopyOf(bytes: Uint8Array | null): Uint8Array | undefined {
  return bytes === null || bytes.length === 0 ? undefined : new Uint8Array(bytes);
}

function copyOf(bytes: Uint8Array | null): Uint8Array | undefined {
  return bytes === null || bytes === undefined ? undefined : new Uint8Array(bytes);
}

function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
