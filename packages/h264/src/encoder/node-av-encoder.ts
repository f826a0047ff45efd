import type { CodecContext, Frame, Packet, SoftwareScaleContext } from "node-av/lib";
import { type NodeAv, sharedBuffer } from "../node-av/index.ts";
import type { OpenEncoder } from "./backend.ts";
import type { EncoderSettings } from "./encoder-options.ts";
import { limitRate } from "./node-av-context.ts";
import type { RawFrame, RawFrameFormat } from "./raw-frame.ts";

/** An open encoder of FFmpeg. It owns the context and frees it. */
export class NodeAvEncoder implements OpenEncoder {
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
    if (frame.format === "I420")
      FFmpegError.throwIfError(picture.fromBuffer(sharedBuffer(frame.data)), "Frame.fromBuffer");
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

  /** Synchronous: sendFrame has done the work, and only the packet is handed over. */
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
    const pixels = sharedBuffer(frame.data);
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
