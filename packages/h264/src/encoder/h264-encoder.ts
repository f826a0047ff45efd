/// <reference lib="esnext.disposable" preserve="true" />
import type { AccessUnit } from "../index.ts";
import type { TriedEncoder } from "./encoder-error.ts";
import type { EncoderBackendName, EncoderName } from "./encoder-options.ts";
import type { RawFrame } from "./raw-frame.ts";

/** What was asked for and what runs. */
export interface EncoderInfo {
  /** The codec that was asked for. */
  readonly requested: "auto" | EncoderName;
  /** The codec that runs. */
  readonly used: EncoderName;
  /** Why it is not the first choice, in the first choice's own words; absent when it is. */
  readonly reason?: string;
  /** Every codec that was tried before the one that runs. */
  readonly tried: readonly TriedEncoder[];
  /** Whether the codec runs on a GPU. */
  readonly hardware: boolean;
  /** What runs the codec. */
  readonly backend: EncoderBackendName;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Frames a second. */
  readonly framerate: number;
}

/** Running totals of one encoder. */
export interface EncoderStats {
  /** Pictures taken. */
  readonly frames: number;
  /** Access units returned. */
  readonly accessUnits: number;
  /** Access units that were key frames. */
  readonly keyFrames: number;
  /** Bytes of all access units, start codes included. */
  readonly bytes: number;
  /** Pictures that were refused because too many waited. */
  readonly refused: number;
  /** Pictures that wait for their turn. */
  readonly queued: number;
  /** What the encoder was last told to spend, in bits a second. */
  readonly bitrate: number;
}

/** Encodes raw pictures as H.264, one access unit a picture. */
export interface H264Encoder extends Disposable {
  /** What was asked for and what runs; the size is the one at the moment. */
  readonly info: EncoderInfo;
  /**
   * Encodes one picture. Calls may overlap: they are served one after the other in the order of the calls. Until the
   * promise settles the encoder reads `frame.data`: leave it unchanged.
   *
   * The access unit has the timestamp of its frame; key frames carry SPS and PPS; its NAL units are views of one fresh
   * buffer. `undefined` means that the encoder holds the picture back: see {@link flush}. The encoders here do not.
   *
   * @throws RangeError or TypeError, at once and without using up the encoder, when the frame is not of the encoder's
   * size or its bytes do not fit its format.
   * @throws EncoderError `encode-failed`, `queue-full` when `maxQueued` pictures wait already, or `closed`.
   */
  encode(frame: RawFrame, options?: { readonly keyFrame?: boolean }): Promise<AccessUnit | undefined>;
  /**
   * Makes the next picture a key frame. Requests between two pictures are one. The `ffmpeg` program begins anew for it, which
   * takes that picture some 100 ms.
   */
  requestKeyFrame(): void;
  /**
   * Changes the bitrate from the next picture on, without opening the encoder again. With `crf` it is the upper limit.
   *
   * @throws RangeError when it is not between 1000 and 1 000 000 000 bits a second.
   */
  setBitrate(bitsPerSecond: number): void;
  /**
   * Takes pictures of another size from now on; the first of them is a key frame. Those that wait keep theirs. Where no
   * bitrate was chosen, the one of the new size is used.
   *
   * @throws RangeError when a side is not an even number of pixels from 2 to 16384, or too large for the preset.
   */
  setResolution(width: number, height: number): void;
  /** Gives what the encoder held back. Encoding may go on after it; the next access unit is then a key frame. */
  flush(): Promise<AccessUnit[]>;
  /** The totals up to now. */
  stats(): EncoderStats;
  /**
   * Frees the encoder. Pictures that still wait are rejected with EncoderError `closed`; the one that is being encoded is
   * finished first. Closing twice is harmless.
   */
  close(): void;
}
