import { type NodeAv, sharedBuffer } from "@inband/h264/node-av";
import type { CodecContext, CodecParameters, Frame, Packet } from "node-av/lib";
import { I420Scaler } from "./i420-scaler.ts";
import { MediaError } from "./media-error.ts";
import { readingNodeAv } from "./reading-node-av.ts";

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
  readonly #scaler: I420Scaler;
  /** The last known time, and how many pictures without one have followed it. */
  #knownTimestamp: number | undefined;
  #untimed = 0;
  #duration = 0;

  private constructor(av: NodeAv, context: CodecContext) {
    this.#av = av;
    this.#context = context;
    this.#scaler = new I420Scaler(av);
    this.#frame = new av.Frame();
    this.#frame.alloc();
    this.#own = new av.Packet();
    this.#own.alloc();
  }

  /** A decoder for H.264 access units with their parameter sets in band. */
  static async forH264(): Promise<VideoDecoder> {
    return VideoDecoder.open(await readingNodeAv(), undefined, 1);
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
    if (packet.data instanceof Uint8Array) native.data = sharedBuffer(packet.data);
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
  writeI420({ native }: DecodedPicture, target: Uint8Array, width: number, height: number): Promise<void> {
    return this.#scaler.write(native, target, width, height);
  }

  close(): void {
    this.#scaler.close();
    this.#frame.free();
    this.#own.free();
    this.#context.freeContext();
  }
}
