import { checkOptions, kindOf } from "@inband/wire";
import { guardedCall } from "./guarded-call.ts";
import { LaterCalls } from "./later-calls.ts";

/** What an encoder must offer so that receivers can steer it. It may answer with promises. */
export interface SteeredEncoder {
  requestKeyFrame(): unknown;
  setBitrate?(bitsPerSecond: number): unknown;
}

/** How receivers steer an encoder. */
export interface ConnectEncoderOptions {
  /**
   * Receivers that report what they can take (REMB) lower the bitrate below this, in bits per second.
   *
   * @defaultValue they never do
   */
  readonly maxBitrate?: number;
}

const optionNames: ReadonlySet<string> = new Set(["maxBitrate"]);

/**
 * The encoders that the receivers of a video steer. They are called when the work at hand is done; one that throws or
 * rejects is reported and stays.
 */
export class SteeredEncoders {
  readonly #encoders = new Map<SteeredEncoder, ConnectEncoderOptions>();
  readonly #failed: (thrown: unknown) => void;
  readonly #later = new LaterCalls();

  constructor(failed: (thrown: unknown) => void) {
    this.#failed = failed;
  }

  /** @throws TypeError for anything but an encoder, or an unknown option. */
  add(encoder: SteeredEncoder, options: ConnectEncoderOptions): void {
    if (typeof encoder?.requestKeyFrame !== "function") {
      throw new TypeError(`encoder: expected an encoder with requestKeyFrame, got ${kindOf(encoder)}`);
    }
    checkOptions(options, optionNames);
    this.#encoders.set(encoder, options);
  }

  requestKeyFrame(): void {
    for (const encoder of this.#encoders.keys()) this.#call(encoder, () => encoder.requestKeyFrame());
  }

  setBitrate(bitsPerSecond: number): void {
    for (const [encoder, { maxBitrate }] of this.#encoders) {
      if (maxBitrate === undefined) continue;
      this.#call(encoder, () => encoder.setBitrate?.(Math.min(bitsPerSecond, maxBitrate)));
    }
  }

  clear(): void {
    this.#encoders.clear();
  }

  #call(encoder: SteeredEncoder, call: () => unknown): void {
    this.#later.add(() => {
      if (this.#encoders.has(encoder)) guardedCall(call, this.#failed);
    });
  }
}
