import type { EncoderName, EncoderSettings } from "./encoder-options.ts";
import type { RawFrame } from "./raw-frame.ts";

/** An open encoder of a backend. It is never called while a promise of it is pending. */
export interface OpenEncoder {
  /**
   * Annex B bytes of the access unit that came out, in a fresh buffer; `pts`, in microseconds, comes back with its picture.
   * SPS and PPS are in band with key frames. A rejection says why in its message.
   */
  encode(frame: RawFrame, pts: number, keyFrame: boolean): Promise<Uint8Array | undefined>;
  setBitrate(bitsPerSecond: number): void;
  /** Everything that was held back; nothing may be encoded after it. */
  drain(): Promise<Uint8Array[]>;
  close(): void;
  /** Whether it has ended by itself: another one is opened for the next picture. */
  readonly isDead?: boolean;
  /** Whether only a new one begins with a key frame or takes another bitrate: it is closed then, and another one opened. */
  readonly isFixed?: boolean;
}

/** What runs encoders. */
export interface EncoderBackend {
  /** @throws Error whose message is the encoder's own reason. */
  open(codec: EncoderName, settings: EncoderSettings): Promise<OpenEncoder>;
}
