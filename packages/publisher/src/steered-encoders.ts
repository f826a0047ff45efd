/** What an encoder must offer so that receivers can steer it. */
export interface SteeredEncoder {
  requestKeyFrame(): void;
  setBitrate?(bitsPerSecond: number): void;
}

/** How receivers steer an encoder. */
export interface ConnectEncoderOptions {
  /** Receivers that report what they can take (REMB) lower the bitrate below this, in bits per second; absent: never. */
  readonly maxBitrate?: number;
}

/** The encoders that the receivers of a video steer. An encoder that throws is reported and stays. */
export class SteeredEncoders {
  readonly #encoders = new Map<SteeredEncoder, ConnectEncoderOptions>();
  readonly #failed: (thrown: unknown) => void;

  constructor(failed: (thrown: unknown) => void) {
    this.#failed = failed;
  }

  add(encoder: SteeredEncoder, options: ConnectEncoderOptions): void {
    this.#encoders.set(encoder, options);
  }

  requestKeyFrame(): void {
    for (const encoder of this.#encoders.keys()) this.#guarded(() => encoder.requestKeyFrame());
  }

  setBitrate(bitsPerSecond: number): void {
    for (const [encoder, { maxBitrate }] of this.#encoders) {
      if (maxBitrate !== undefined) this.#guarded(() => encoder.setBitrate?.(Math.min(bitsPerSecond, maxBitrate)));
    }
  }

  clear(): void {
    this.#encoders.clear();
  }

  #guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#failed(error);
    }
  }
}
