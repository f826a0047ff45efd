import { type FileHandle, open } from "node:fs/promises";
import { type AccessUnit, joinAnnexB, type MediaPacket, NalUnitType, nalUnitType, parseSps } from "@inband/h264";
import type {
  AudioCodec,
  EncodedAudioPacketSource,
  EncodedVideoPacketSource,
  Output,
  StreamTargetChunk,
} from "mediabunny";
import { loadMediabunny, type Mediabunny } from "../bitstream/mediabunny.ts";
import { MediaError } from "../media-error.ts";
import type { AudioInfo } from "../media-info.ts";

/** Settings of an {@link Mp4Writer}. */
export interface Mp4WriterOptions {
  /** The sound beside the video: Opus, or AAC with its configuration. @defaultValue none; its packets are refused */
  readonly audio?: AudioInfo;
  /**
   * Seconds of media in a fragment at least; each begins with a key frame. What is not in one yet is lost where the process
   * dies.
   *
   * @defaultValue 1
   */
  readonly fragmentSeconds?: number;
}

const microseconds = 1_000_000;

/**
 * Writes one H.264 stream, and the sound beside it, into a fragmented MP4 file (ISO/IEC 14496-12 8.8), by mediabunny and
 * without native code. SEI stays byte by byte as it is, on its picture. A file that ends in the middle, because its process
 * died or its disk is full, plays up to its last whole fragment.
 *
 * The file begins with the first key frame; what comes before it is left out. Calls must not overlap.
 */
export class Mp4Writer {
  readonly path: string;
  readonly #mediabunny: Mediabunny;
  readonly #file: FileHandle;
  readonly #output: Output;
  readonly #video: EncodedVideoPacketSource;
  readonly #audio: EncodedAudioPacketSource | undefined;
  readonly #audioInfo: AudioInfo | undefined;
  #bytes = 0;
  /** Where the fragments end that are made and not yet in the file, and where the last one in the file ends. */
  readonly #fragmentEnds: number[] = [];
  #wholeBytes = 0;
  #failure: unknown;
  /** The timestamp that is time 0 in the file. */
  #base: number | undefined;
  #last: { readonly accessUnit: AccessUnit; readonly data: Uint8Array } | undefined;
  #hasSound = false;
  #frameMicroseconds = 0;

  private constructor(path: string, mediabunny: Mediabunny, file: FileHandle, options: Mp4WriterOptions) {
    const { audio, fragmentSeconds = 1 } = options;
    this.path = path;
    this.#mediabunny = mediabunny;
    this.#file = file;
    this.#audioInfo = audio;
    const write = async ({ data, position }: StreamTargetChunk): Promise<void> => {
      try {
        for (let at = 0; at < data.length; ) {
          const { bytesWritten } = await file.write(data, at, data.length - at, position + at);
          at += bytesWritten;
        }
        this.#bytes = Math.max(this.#bytes, position + data.length);
        while ((this.#fragmentEnds[0] ?? Number.POSITIVE_INFINITY) <= this.#bytes) {
          this.#wholeBytes = this.#fragmentEnds.shift() ?? 0;
        }
      } catch (error) {
        this.#failure ??= error;
        throw error;
      }
    };
    this.#output = new mediabunny.Output({
      format: new mediabunny.Mp4OutputFormat({
        fastStart: "fragmented",
        minimumFragmentDuration: fragmentSeconds,
        onMdat: (data, position) => {
          this.#fragmentEnds.push(position + data.length);
        },
      }),
      target: new mediabunny.StreamTarget(new WritableStream({ write })),
    });
    this.#video = new mediabunny.EncodedVideoPacketSource("avc");
    this.#output.addVideoTrack(this.#video);
    if (audio) {
      this.#audio = new mediabunny.EncodedAudioPacketSource(audio.codec as AudioCodec);
      this.#output.addAudioTrack(this.#audio);
    }
  }

  /**
   * Creates the file.
   *
   * @throws MediaError `unwritable` where it is there already, or cannot be created. RangeError or TypeError that names the
   * option.
   */
  static async create(path: string, options: Mp4WriterOptions = {}): Promise<Mp4Writer> {
    const { audio, fragmentSeconds = 1 } = options;
    if (!(fragmentSeconds > 0)) throw new RangeError(`fragmentSeconds: expected more than 0, got ${fragmentSeconds}`);
    if (audio && audio.codec !== "opus" && !(audio.codec === "aac" && audio.config)) {
      throw new TypeError(`audio: expected opus, or aac with its config, got ${audio.codec}`);
    }
    const mediabunny = await loadMediabunny();
    let file: FileHandle;
    try {
      file = await open(path, "wx");
    } catch (cause) {
      const reason = (cause as Error).message;
      throw new MediaError("unwritable", `"${path}" cannot be opened for writing: ${reason}.`, { input: path, cause });
    }
    const writer = new Mp4Writer(path, mediabunny, file, options);
    await writer.#output.start();
    return writer;
  }

  /** Bytes that are in the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a picture was written. */
  get hasBegun(): boolean {
    return this.#base !== undefined;
  }

  /**
   * Writes a packet, in decoding order; resolves when there is room for the next.
   *
   * @throws MediaError `lost` where the file takes no more. TypeError for sound that was not announced.
   */
  async write(packet: MediaPacket): Promise<void> {
    if (packet.kind === "audio") await this.#writeSound(packet.data, packet.timestamp, packet.duration);
    else await this.#writePicture(packet);
  }

  /**
   * Writes what is left, and closes the file.
   *
   * @throws MediaError `lost` where that fails, `no-video` where no picture was written.
   */
  async finish(): Promise<void> {
    try {
      if (!this.hasBegun) {
        const message = `Nothing was written to "${this.path}": no key frame came.`;
        throw new MediaError("no-video", message, { input: this.path });
      }
      await this.#orLost(async () => {
        await this.#flush(undefined);
        await this.#output.finalize();
        await this.#file.close();
      });
    } catch (error) {
      await this.abandon();
      throw error;
    }
  }

  /** Closes the file with the fragments that are whole in it. Never rejects. */
  async abandon(): Promise<void> {
    await this.#output.cancel().catch(() => {});
    if (this.#wholeBytes > 0) await this.#file.truncate(this.#wholeBytes).catch(() => {});
    await this.#file.close().catch(() => {});
  }

  async #writePicture(accessUnit: AccessUnit): Promise<void> {
    if (this.#base === undefined) {
      if (!accessUnit.isKeyFrame || !accessUnit.nalUnits.some((nal) => nalUnitType(nal) === NalUnitType.Sps)) return;
      this.#base = accessUnit.timestamp;
    }
    await this.#orLost(() => this.#flush(accessUnit));
  }

  /** Writes the picture before, whose duration the one at hand tells. */
  async #flush(accessUnit: AccessUnit | undefined): Promise<void> {
    const last = this.#last;
    const next = accessUnit && { accessUnit, data: joinAnnexB(accessUnit.nalUnits) };
    this.#last = next;
    if (last === undefined) return;
    const { nalUnits, timestamp, decodeTimestamp = timestamp, duration, isKeyFrame } = last.accessUnit;
    const following = accessUnit && (accessUnit.decodeTimestamp ?? accessUnit.timestamp);
    this.#frameMicroseconds =
      duration ?? (following === undefined ? this.#frameMicroseconds : following - decodeTimestamp);
    const packet = new this.#mediabunny.EncodedPacket(
      last.data,
      isKeyFrame ? "key" : "delta",
      this.#seconds(timestamp),
      Math.max(0, this.#frameMicroseconds) / microseconds,
    );
    await this.#video.add(packet, isKeyFrame ? decoderConfigOf(nalUnits) : undefined);
  }

  async #writeSound(data: Uint8Array, timestamp: number, duration = 0): Promise<void> {
    const audio = this.#audio;
    const info = this.#audioInfo;
    if (!audio || !info) throw new TypeError("audio: its packets come, and the option names none");
    // What sounds before the first picture has no place.
    if (this.#base === undefined || timestamp < this.#base) return;
    const packet = new this.#mediabunny.EncodedPacket(data, "key", this.#seconds(timestamp), duration / microseconds);
    const meta = this.#hasSound ? undefined : { decoderConfig: audioConfigOf(info) };
    this.#hasSound = true;
    await this.#orLost(() => audio.add(packet, meta));
  }

  #seconds(timestamp: number): number {
    return (timestamp - (this.#base ?? 0)) / microseconds;
  }

  async #orLost(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      if (this.#failure !== undefined) throw this.#failure;
    } catch (error) {
      const cause = this.#failure ?? error;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new MediaError("lost", `"${this.path}" can no longer be written: ${reason}.`, { input: this.path, cause });
    }
  }
}

function decoderConfigOf(nalUnits: readonly Uint8Array[]): { decoderConfig: VideoDecoderConfig } | undefined {
  const sps = nalUnits.find((nal) => nalUnitType(nal) === NalUnitType.Sps);
  if (sps === undefined) return undefined;
  const { width, height } = parseSps(sps);
  // RFC 6381 3.3.
  const codec = `avc1.${Buffer.from(sps.subarray(1, 4)).toString("hex")}`;
  return { decoderConfig: { codec, codedWidth: width, codedHeight: height } };
}

function audioConfigOf({ codec, sampleRate, channels, config }: AudioInfo): AudioDecoderConfig {
  // AudioSpecificConfig begins with five bits of object type (ISO/IEC 14496-3 1.6.2.1).
  const objectType = (config?.[0] ?? 0x10) >> 3;
  return {
    codec: codec === "aac" ? `mp4a.40.${objectType}` : codec,
    sampleRate,
    numberOfChannels: channels,
    ...(config && { description: config }),
  };
}
