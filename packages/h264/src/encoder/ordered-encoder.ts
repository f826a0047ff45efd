/// <reference lib="esnext.disposable" preserve="true" />
import { type AccessUnit, NalUnitType, nalUnitType, splitAnnexB } from "../index.ts";
import type { OpenEncoder } from "./backend.ts";
import { EncoderError } from "./encoder-error.ts";
import { checkBitrate } from "./encoder-options.ts";
import type { EncoderInfo, EncoderStats, H264Encoder } from "./h264-encoder.ts";
import { checkRawFrame, type RawFrame } from "./raw-frame.ts";

/** What an encoder is opened anew with. */
export interface ReopenedSettings {
  readonly width: number;
  readonly height: number;
  readonly bitrate: number;
}

/** What an `OrderedEncoder` may be told besides. */
export interface OrderedEncoderOptions {
  /** @defaultValue 30 */
  readonly maxQueued?: number;
  /** The bitrate of pictures of another size, while none was set. Throws for a size that cannot be. */
  bitrateOf?(width: number, height: number): number;
}

/** An encoder that serves overlapping calls one after the other. */
export class OrderedEncoder implements H264Encoder {
  readonly #info: EncoderInfo;
  readonly #reopen: (settings: ReopenedSettings) => Promise<OpenEncoder>;
  readonly #maxQueued: number;
  readonly #bitrateOf: ((width: number, height: number) => number) | undefined;
  /** What pictures are taken, and what the encoder is open for. */
  #size: { readonly width: number; readonly height: number };
  #openSize: { readonly width: number; readonly height: number };
  /** The timestamps of the pictures that are inside the encoder; without B-frames they come out in this order. */
  readonly #timestamps: number[] = [];
  #encoder: OpenEncoder | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;
  #keyFrameRequested = false;
  #bitrate: number;
  #isBitrateSet = false;
  #appliedBitrate: number;
  #lastPts = Number.NEGATIVE_INFINITY;
  #frames = 0;
  #accessUnits = 0;
  #keyFrames = 0;
  #bytes = 0;
  #queued = 0;
  #refused = 0;

  constructor(
    info: EncoderInfo,
    encoder: OpenEncoder,
    bitrate: number,
    reopen: (settings: ReopenedSettings) => Promise<OpenEncoder>,
    { maxQueued = 30, bitrateOf }: OrderedEncoderOptions = {},
  ) {
    this.#info = info;
    this.#size = { width: info.width, height: info.height };
    this.#openSize = this.#size;
    this.#maxQueued = maxQueued;
    this.#bitrateOf = bitrateOf;
    this.#encoder = encoder;
    this.#bitrate = bitrate;
    this.#appliedBitrate = bitrate;
    this.#reopen = reopen;
  }

  get info(): EncoderInfo {
    return { ...this.#info, ...this.#size };
  }

  encode(frame: RawFrame, options?: { readonly keyFrame?: boolean }): Promise<AccessUnit | undefined> {
    try {
      this.#checkOpen();
      checkRawFrame(frame, this.#size.width, this.#size.height);
      if (this.#queued >= this.#maxQueued) {
        this.#refused++;
        throw new EncoderError("queue-full", `${this.#queued} pictures wait for the encoder already.`);
      }
    } catch (error) {
      return Promise.reject(error);
    }
    this.#queued++;
    return this.#inTurn(async () => {
      this.#queued--;
      this.#checkOpen();
      return this.#encode(frame, options?.keyFrame === true);
    });
  }

  requestKeyFrame(): void {
    this.#keyFrameRequested = true;
  }

  setBitrate(bitsPerSecond: number): void {
    checkBitrate("bitsPerSecond", bitsPerSecond);
    this.#bitrate = bitsPerSecond;
    this.#isBitrateSet = true;
  }

  setResolution(width: number, height: number): void {
    const bitrate = this.#bitrateOf?.(width, height);
    if (bitrate !== undefined && !this.#isBitrateSet) this.#bitrate = bitrate;
    this.#size = { width, height };
  }

  flush(): Promise<AccessUnit[]> {
    return this.#inTurn(async () => {
      this.#checkOpen();
      const encoder = this.#encoder;
      if (encoder === undefined) return [];
      try {
        const accessUnits: AccessUnit[] = [];
        for (const bytes of await encoder.drain()) accessUnits.push(this.#accessUnit(bytes));
        return accessUnits;
      } catch (cause) {
        throw failed(cause);
      } finally {
        this.#encoder = undefined;
        this.#timestamps.length = 0;
        encoder.close();
      }
    });
  }

  stats(): EncoderStats {
    return {
      frames: this.#frames,
      accessUnits: this.#accessUnits,
      keyFrames: this.#keyFrames,
      bytes: this.#bytes,
      refused: this.#refused,
      queued: this.#queued,
      bitrate: this.#bitrate,
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // The native encoder must not be freed under the picture that it is working on.
    this.#inTurn(async () => {
      this.#encoder?.close();
      this.#encoder = undefined;
      // Nobody waits for it: a native encoder that cannot be freed must not end the process.
    }).catch(() => {});
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #encode(frame: RawFrame, keyFrame: boolean): Promise<AccessUnit | undefined> {
    const idr = keyFrame || this.#keyFrameRequested;
    this.#keyFrameRequested = false;
    this.#frames++;
    // Encoders need rising times; the access unit gets the frame's own back.
    const pts = Math.max(frame.timestamp, this.#lastPts + 1);
    let bytes: Uint8Array | undefined;
    try {
      bytes = await (await this.#encoderFor(frame, idr)).encode(frame, pts, idr);
    } catch (cause) {
      this.#keyFrameRequested ||= idr;
      if (this.#encoder?.isDead) this.#drop();
      throw failed(cause);
    }
    this.#lastPts = pts;
    this.#timestamps.push(frame.timestamp);
    return bytes === undefined ? undefined : this.#accessUnit(bytes);
  }

  /** The encoder that is open, or one that is opened now, where it cannot give what is wanted. */
  async #encoderFor({ codedWidth: width, codedHeight: height }: RawFrame, idr: boolean): Promise<OpenEncoder> {
    const isOther = width !== this.#openSize.width || height !== this.#openSize.height;
    const isChange = (idr && this.#frames > 1) || this.#bitrate !== this.#appliedBitrate;
    if (isOther || (this.#encoder?.isFixed && isChange)) this.#drop();
    if (this.#encoder === undefined) {
      this.#encoder = await this.#reopen({ width, height, bitrate: this.#bitrate });
      this.#appliedBitrate = this.#bitrate;
      this.#openSize = { width, height };
    }
    if (this.#bitrate !== this.#appliedBitrate) {
      this.#encoder.setBitrate(this.#bitrate);
      this.#appliedBitrate = this.#bitrate;
    }
    return this.#encoder;
  }

  #drop(): void {
    this.#encoder?.close();
    this.#encoder = undefined;
    this.#timestamps.length = 0;
  }

  #accessUnit(bytes: Uint8Array): AccessUnit {
    const nalUnits = splitAnnexB(bytes);
    const isKeyFrame = nalUnits.some((nal) => nalUnitType(nal) === NalUnitType.SliceIdr);
    this.#accessUnits++;
    if (isKeyFrame) this.#keyFrames++;
    this.#bytes += bytes.byteLength;
    return { kind: "video", codec: "h264", nalUnits, timestamp: this.#timestamps.shift() ?? 0, isKeyFrame };
  }

  #checkOpen(): void {
    if (this.#closed) throw new EncoderError("closed", "The encoder is closed.");
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

function failed(cause: unknown): EncoderError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EncoderError("encode-failed", `The encoder refused the picture: ${reason}.`, { cause });
}
