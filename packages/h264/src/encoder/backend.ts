import type { EncoderCodec, EncoderSettings } from "./encoder-options.ts";
import type { RawFrame } from "./raw-frame.ts";

/** An open encoder of a backend. It is never called while a promise of it is pending. */
export interface OpenEncoder {
  /** Annex B bytes of the access unit that came out, in a fresh buffer; `pts` comes back with its picture. */
  encode(frame: RawFrame, pts: number, keyFrame: boolean): Promise<Uint8Array | undefined>;
  setBitrate(bitsPerSecond: number): void;
  /** Everything that was held back; nothing may be encoded after it. */
  drain(): Promise<Uint8Array[]>;
  close(): void;
}

/** What runs encoders. */
export interface EncoderBackend {
  /** @throws Error whose message is the encoder's own reason. */
  open(codec: EncoderCodec, settings: EncoderSettings): Promise<OpenEncoder>;
}
