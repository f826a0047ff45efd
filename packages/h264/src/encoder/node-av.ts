import type { CodecContext, Frame, Packet, SoftwareScaleContext } from "node-av/lib";
import type { EncoderBackend, OpenEncoder } from "./backend.ts";
import { EncoderError } from "./encoder-error.ts";
import type { EncoderCodec, EncoderPreset, EncoderSettings } from "./encoder-options.ts";
import type { RawFrame, RawFrameFormat } from "./raw-frame.ts";

/** The two doors of node-av that are used: its low-level layer and FFmpeg's constants. */
type NodeAv = typeof import("node-av/lib") & { readonly constants: typeof import("node-av/constants") };

const install = "npm install node-av@6.1.1";

/** libx264's presets as NVENC's p1 (fastest) to p7 (best picture). */
const nvencPresets: Record<EncoderPreset, string> = {
  ultrafast: "p1",
  superfast: "p1",
  veryfast: "p2",
  faster: "p3",
  fast: "p4",
  medium: "p4",
  slow: "p5",
  slower: "p6",
  veryslow: "p7",
};

let loaded: Promise<NodeAv> | undefined;

/**
 * Loads node-av when the first encoder is made, since it is an optional peer of 175 MB.
 *
 * @throws EncoderError `unavailable`.
 */
export async function loadNodeAv(): Promise<EncoderBackend> {
  loaded ??= importNodeAv();
  try {
    return new NodeAvBackend(await loaded);
  } catch (cause) {
    loaded = undefined;
    const missing = cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND";
    const reason = missing
      ? "The package node-av is not installed"
      : `The package node-av does not load: ${text(cause)}`;
    throw new EncoderError("unavailable", `${reason}. Encoding needs it: ${install}`, {
      tried: [{ codec: "node-av", reason }],
      cause,
    });
  }
}

async function importNodeAv(): Promise<NodeAv> {
  const [lib, constants] = await Promise.all([import("node-av/lib"), import("node-av/constants")]);
  // FFmpeg prints at level INFO by itself; a level that the application has chosen is left alone.
  if (lib.Log.getLevel() === constants.AV_LOG_INFO) lib.Log.setLevel(constants.AV_LOG_FATAL);
  return { ...lib, constants };
}

class NodeAvBackend implements EncoderBackend {
  readonly #av: NodeAv;

  constructor(av: NodeAv) {
    this.#av = av;
  }

  async open(codec: EncoderCodec, settings: EncoderSettings): Promise<OpenEncoder> {
    const av = this.#av;
    const found = av.Codec.findEncoderByName(codec as Parameters<typeof av.Codec.findEncoderByName>[0]);
    if (found === null) throw new Error(`This build of FFmpeg has no ${codec}`);
    const context = new av.CodecContext();
    context.allocContext3(found);
    try {
      configure(av, context, codec, settings);
      const { result, lines } = await withLog(av, () => context.open2(found, null));
      if (result < 0) throw new Error(lines.at(-1) ?? av.FFmpegError.strerror(result));
    } catch (error) {
      context.freeContext();
      throw error;
    }
    return new NodeAvEncoder(av, context, settings);
  }
}

function configure(av: NodeAv, context: CodecContext, codec: EncoderCodec, settings: EncoderSettings): void {
  context.width = settings.width;
  context.height = settings.height;
  context.pixelFormat = av.constants.AV_PIX_FMT_YUV420P;
  context.timeBase = new av.Rational(1, 1_000_000);
  context.framerate = rationalFramerate(av, settings.framerate);
  context.gopSize = settings.keyFrameDistance;
  context.maxBFrames = 0;
  // One thread means one slice and no frame of delay; the encoder's own sliced threads give several slices.
  context.threadCount = 1;
  if (settings.crf === undefined) context.bitRate = BigInt(Math.round(settings.bitrate));
  limitRate(context, settings.bitrate);
  const profile = settings.profile === "constrained-baseline" ? "baseline" : settings.profile;
  const options: Record<string, string> =
    codec === "libx264"
      ? {
          preset: settings.preset,
          tune: settings.tune === "zerolatency" ? "zerolatency" : `${settings.tune},zerolatency`,
          profile,
          "forced-idr": "1",
          ...(settings.crf === undefined ? {} : { crf: String(settings.crf) }),
        }
      : {
          preset: nvencPresets[settings.preset],
          tune: "ull",
          profile,
          "forced-idr": "1",
          zerolatency: "1",
          delay: "0",
          ...(settings.crf === undefined ? { rc: "cbr" } : { rc: "vbr", cq: String(settings.crf) }),
        };
  for (const [name, value] of Object.entries(options)) {
    // Two arguments: a third would be a type, and string options are then refused with -22 and not set.
    const result = context.setOption(name, value);
    if (result < 0) throw new Error(`${codec} does not take ${name}=${value}: ${av.FFmpegError.strerror(result)}`);
  }
}

/** Half a second of the bitrate as the decoder's buffer, so that a key frame stays small enough to be sent in a burst. */
function limitRate(context: CodecContext, bitsPerSecond: number): void {
  context.rcMaxRate = BigInt(Math.round(bitsPerSecond));
  context.rcBufferSize = Math.round(bitsPerSecond / 2);
}

function rationalFramerate(av: NodeAv, framerate: number): InstanceType<NodeAv["Rational"]> {
  if (Number.isInteger(framerate)) return new av.Rational(framerate, 1);
  const ntsc = Math.round(framerate * 1.001);
  if (Math.abs(framerate - ntsc / 1.001) < 0.005) return new av.Rational(ntsc * 1000, 1001);
  return new av.Rational(Math.round(framerate * 1000), 1000);
}

class NodeAvEncoder implements OpenEncoder {
  readonly #av: NodeAv;
  readonly #context: CodecContext;
  readonly #frame: Frame;
  readonly #packet: Packet;
  readonly #constantBitrate: boolean;
  readonly #scalers = new Map<RawFrameFormat, SoftwareScaleContext>();

  constructor(av: NodeAv, context: CodecContext, settings: EncoderSettings) {
    this.#av = av;
    this.#context = context;
    this.#constantBitrate = settings.crf === undefined;
    this.#frame = new av.Frame();
    this.#frame.alloc();
    this.#frame.width = settings.width;
    this.#frame.height = settings.height;
    this.#frame.format = av.constants.AV_PIX_FMT_YUV420P;
    this.#packet = new av.Packet();
    this.#packet.alloc();
    av.FFmpegError.throwIfError(this.#frame.getBuffer(0), "Frame.getBuffer");
  }

  async encode(frame: RawFrame, pts: number, keyFrame: boolean): Promise<Uint8Array | undefined> {
    const { FFmpegError, constants } = this.#av;
    const picture = this.#frame;
    FFmpegError.throwIfError(picture.makeWritable(), "Frame.makeWritable");
    if (frame.format === "I420") FFmpegError.throwIfError(picture.fromBuffer(buffer(frame.data)), "Frame.fromBuffer");
    else await this.#convert(frame, frame.format);
    picture.pts = BigInt(pts);
    picture.pictType = keyFrame ? constants.AV_PICTURE_TYPE_I : constants.AV_PICTURE_TYPE_NONE;
    FFmpegError.throwIfError(await this.#context.sendFrame(picture), "sendFrame");
    return this.#receive();
  }

  setBitrate(bitsPerSecond: number): void {
    if (this.#constantBitrate) this.#context.bitRate = BigInt(Math.round(bitsPerSecond));
    limitRate(this.#context, bitsPerSecond);
  }

  async drain(): Promise<Uint8Array[]> {
    this.#av.FFmpegError.throwIfError(await this.#context.sendFrame(null), "sendFrame");
    const accessUnits: Uint8Array[] = [];
    for (let bytes = this.#receive(); bytes !== undefined; bytes = this.#receive()) accessUnits.push(bytes);
    return accessUnits;
  }

  close(): void {
    for (const scaler of this.#scalers.values()) scaler.freeContext();
    this.#scalers.clear();
    this.#packet.free();
    this.#frame.free();
    this.#context.freeContext();
  }

  /** The work was done by sendFrame; this only hands the packet over, so it needs no thread of its own. */
  #receive(): Uint8Array | undefined {
    const { FFmpegError, constants } = this.#av;
    const packet = this.#packet;
    const result = this.#context.receivePacketSync(packet);
    if (FFmpegError.is(result, constants.AVERROR_EAGAIN) || FFmpegError.is(result, constants.AVERROR_EOF)) {
      return undefined;
    }
    FFmpegError.throwIfError(result, "receivePacket");
    // packet.data is a view of memory that unref() frees.
    const bytes = new Uint8Array(packet.data ?? []);
    packet.unref();
    return bytes;
  }

  async #convert(frame: RawFrame, format: Exclude<RawFrameFormat, "I420">): Promise<void> {
    const { FFmpegError } = this.#av;
    const { codedWidth: width, codedHeight: height } = frame;
    const pixels = buffer(frame.data);
    const planes = format === "NV12" ? [pixels.subarray(0, width * height), pixels.subarray(width * height)] : [pixels];
    const strides = format === "NV12" ? [width, width] : [width * (format === "BGR" ? 3 : 4)];
    const target = this.#frame.data ?? [];
    const scaler = this.#scaler(format, width, height);
    const result = await scaler.scale(planes, strides, 0, height, target, this.#frame.linesize.slice(0, target.length));
    FFmpegError.throwIfError(result, "scale");
  }

  #scaler(format: Exclude<RawFrameFormat, "I420">, width: number, height: number): SoftwareScaleContext {
    let scaler = this.#scalers.get(format);
    if (scaler === undefined) {
      const { constants } = this.#av;
      const source = {
        NV12: constants.AV_PIX_FMT_NV12,
        BGR: constants.AV_PIX_FMT_BGR24,
        BGRA: constants.AV_PIX_FMT_BGRA,
        RGBA: constants.AV_PIX_FMT_RGBA,
      }[format];
      scaler = new this.#av.SoftwareScaleContext();
      scaler.getContext(
        width,
        height,
        source,
        width,
        height,
        constants.AV_PIX_FMT_YUV420P,
        constants.SWS_FAST_BILINEAR,
      );
      this.#scalers.set(format, scaler);
    }
    return scaler;
  }
}

let logging: Promise<unknown> = Promise.resolve();

/**
 * Collects what FFmpeg logs meanwhile: it is the only place that says why an encoder does not open. FFmpeg has one log
 * for the whole process, so this is done by one at a time.
 */
function withLog<T>(av: NodeAv, work: () => Promise<T>): Promise<{ result: T; lines: string[] }> {
  const turn = logging.then(async () => {
    const lines: string[] = [];
    const level = av.Log.getLevel();
    av.Log.setLevel(av.constants.AV_LOG_ERROR);
    av.Log.setCallback((_level, message) => lines.push(message.trim()), { maxLevel: av.constants.AV_LOG_ERROR });
    try {
      const result = await work();
      // The lines come from another thread by way of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
      return { result, lines: lines.filter((line) => line !== "") };
    } finally {
      av.Log.resetCallback();
      av.Log.setLevel(level);
    }
  });
  logging = turn.catch(() => undefined);
  return turn;
}

function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function text(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
