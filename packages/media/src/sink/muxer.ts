import { setTimeout as sleep } from "node:timers/promises";
import { joinAnnexB, parseSps } from "@inband/h264";
import { loadNodeAv, type NodeAv, NodeAvError, sharedBuffer } from "@inband/h264/node-av";
import type { FormatContext, Packet, Stream } from "node-av/lib";
import { MediaError } from "../media-error.ts";
import { shownInput } from "../shown-input.ts";
import type { OutputFormat } from "./output-format.ts";

/** One access unit for a muxer; times in microseconds. */
export interface MuxedAccessUnit {
  /** Annex B. */
  readonly bytes: Uint8Array;
  readonly pts: number;
  readonly dts: number;
  readonly isKeyFrame: boolean;
}

/** AVFMT_FLAG_FLUSH_PACKETS */
const flushPackets = 0x0200;
/** FFmpeg's own limit comes first, where it has one: then the process can end. */
const graceMs = 1_000;

/** Writes the access units of one H.264 stream into a container or a connection, by FFmpeg. */
export class Muxer {
  readonly #av: NodeAv;
  readonly #output: OutputFormat;
  readonly #format: FormatContext;
  #packet: Packet | undefined;
  #stream: Stream | undefined;
  #base: number | undefined;
  #lastDts = -1n;
  #closing: Promise<void> | undefined;

  private constructor(av: NodeAv, output: OutputFormat, format: FormatContext) {
    this.#av = av;
    this.#output = output;
    this.#format = format;
  }

  /**
   * Opens the file or the connection; that of a muxer that opens it itself comes with `begin`.
   *
   * @throws MediaError `unavailable` or `unwritable`.
   */
  static async open(output: OutputFormat, withinMs: number, signal?: AbortSignal): Promise<Muxer> {
    const av = await writingNodeAv();
    signal?.throwIfAborted();
    const format = new av.FormatContext();
    const muxer = new Muxer(av, output, format);
    const allocated = format.allocOutputContext2(null, output.muxer, output.address(output.url, withinMs));
    if (allocated < 0) throw muxer.#failed("unwritable", allocated);
    if (!output.isFile) format.flags = (format.flags | flushPackets) as typeof format.flags;
    if (output.opensItself) return muxer;
    await muxer.#within(withinMs, signal, () => format.openOutput());
    return muxer;
  }

  /** Whether the header was written. */
  get hasBegun(): boolean {
    return this.#stream !== undefined;
  }

  /**
   * Writes the header, by the parameter sets of the first key frame.
   *
   * @throws MediaError `unwritable`
   */
  async begin(sps: Uint8Array, pps: readonly Uint8Array[], withinMs: number): Promise<void> {
    const { constants, Rational, Dictionary } = this.#av;
    const stream = this.#format.newStream();
    const { codecpar } = stream;
    codecpar.codecType = constants.AVMEDIA_TYPE_VIDEO;
    codecpar.codecId = constants.AV_CODEC_ID_H264;
    codecpar.format = constants.AV_PIX_FMT_YUV420P;
    codecpar.extradata = sharedBuffer(joinAnnexB([sps, ...pps]));
    const { width, height } = parseSps(sps);
    codecpar.width = width;
    codecpar.height = height;
    stream.timeBase = new Rational(1, 1_000_000);
    const options = Dictionary.fromObject({ ...this.#output.options });
    await this.#within(withinMs, undefined, () => this.#format.writeHeader(options));
    this.#packet = new this.#av.Packet();
    this.#packet.alloc();
    this.#stream = stream;
  }

  /** @throws MediaError `lost` */
  async write({ bytes, pts, dts, isKeyFrame }: MuxedAccessUnit): Promise<void> {
    const packet = this.#packet;
    const stream = this.#stream;
    if (packet === undefined || stream === undefined) return;
    this.#base ??= dts;
    const { num, den } = stream.timeBase;
    const ticks = (time: number) => BigInt(Math.round(((time - (this.#base ?? 0)) * den) / (num * 1_000_000)));
    // Muxers refuse a time that does not rise; one tick is the least that FLV, in milliseconds, can tell apart.
    const rising = ticks(dts);
    this.#lastDts = rising > this.#lastDts ? rising : this.#lastDts + 1n;
    const shown = ticks(pts);
    packet.data = sharedBuffer(bytes);
    packet.streamIndex = stream.index;
    packet.dts = this.#lastDts;
    packet.pts = shown > this.#lastDts ? shown : this.#lastDts;
    packet.isKeyframe = isKeyFrame;
    const written = await this.#format.writeFrame(packet);
    packet.unref();
    if (written < 0) throw this.#failed("lost", written);
  }

  /**
   * Writes what ends the container, and closes it once what was sent can have arrived.
   *
   * @throws MediaError `lost`
   */
  async end(): Promise<void> {
    let result = 0;
    if (this.hasBegun) {
      result = await this.#format.writeTrailer();
      if (this.#output.lingerMs > 0) await sleep(this.#output.lingerMs);
    }
    await this.abandon();
    if (result < 0) throw this.#failed("lost", result);
  }

  /** Closes without an end. Idempotent. */
  abandon(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#packet?.free();
    this.#packet = undefined;
    if (!this.#output.opensItself) await this.#format.closeOutput();
    this.#format.freeContext();
  }

  /** Waits for FFmpeg until the time is over; where that fails, everything is freed as soon as FFmpeg lets go. */
  async #within(withinMs: number, signal: AbortSignal | undefined, work: () => Promise<number>): Promise<void> {
    const working = work();
    let stop: () => void = () => undefined;
    const stopped = new Promise<undefined>((resolve) => {
      stop = () => resolve(undefined);
    });
    const timer = setTimeout(stop, withinMs + graceMs);
    signal?.addEventListener("abort", stop, { once: true });
    try {
      const result = await Promise.race([working, stopped]);
      signal?.throwIfAborted();
      if (result === undefined) throw this.#failed("unwritable", 0, `no answer within ${withinMs} ms`);
      if (result < 0) throw this.#failed("unwritable", result);
    } catch (error) {
      void working.then(() => this.abandon()).catch(() => undefined);
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    }
  }

  #failed(code: "unwritable" | "lost", result: number, reason = this.#av.FFmpegError.strerror(result)): MediaError {
    const { url } = this.#output;
    const what = code === "lost" ? "can no longer be written" : "cannot be opened for writing";
    return new MediaError(code, `"${shownInput(url)}" ${what}: ${reason}.`, { input: url });
  }
}

async function writingNodeAv(): Promise<NodeAv> {
  try {
    return await loadNodeAv("Writing media");
  } catch (error) {
    if (!(error instanceof NodeAvError)) throw error;
    throw new MediaError("unavailable", error.message, { cause: error.cause });
  }
}
