/** What the bytes given to `pushBytes` are. */
export type PushOptions = {
  /**
   * Names the encoded stream, if several are pushed.
   *
   * @defaultValue "push"
   */
  readonly stream?: string;
  /** Presentation time of the access unit in microseconds, as in WebCodecs. */
  readonly timestamp?: number;
  /** Whether the access unit is a key frame, if that is known. */
  readonly isKeyFrame?: boolean;
} & (
  | {
      /** NAL units behind start codes: ITU-T H.264 annex B. */
      readonly format: "annexb";
      /**
       * A whole access unit, or the next bytes of a byte stream, cut anywhere.
       *
       * @defaultValue "accessUnit"
       */
      readonly unit?: "accessUnit" | "stream";
      readonly rtpTimestamp?: number;
    }
  | {
      /** NAL units behind their lengths: ISO/IEC 14496-15 5.3.4.2.1. */
      readonly format: "avcc";
      readonly unit?: "accessUnit";
      /**
       * Size of a length in bytes.
       *
       * @defaultValue 4
       */
      readonly lengthSize?: 1 | 2 | 4;
      readonly rtpTimestamp?: number;
    }
  | {
      /** The payload of one RTP packet (RFC 6184); packets may come in any order. */
      readonly format: "rtp";
      readonly unit?: "packet";
      readonly rtpTimestamp: number;
      readonly sequenceNumber: number;
    }
);

/**
 * Checks what the application pushes.
 *
 * @throws TypeError or RangeError that names the option.
 */
export function checkPush(bytes: Uint8Array, options: PushOptions): void {
  if (!(bytes instanceof Uint8Array)) throw new TypeError("bytes: expected a Uint8Array");
  const { format, unit }: { format: string; unit?: string } = options;
  const units: Record<string, readonly string[]> = {
    annexb: ["accessUnit", "stream"],
    avcc: ["accessUnit"],
    rtp: ["packet"],
  };
  const known = Object.hasOwn(units, format) ? units[format] : undefined;
  if (known === undefined) throw new TypeError(`format: expected "annexb", "avcc" or "rtp", got ${String(format)}`);
  if (unit !== undefined && !known.includes(unit)) {
    throw new TypeError(`unit: expected ${known.join(" or ")} for ${format}, got ${String(unit)}`);
  }
  if (options.format === "avcc" && ![1, 2, 4].includes(options.lengthSize ?? 4)) {
    throw new RangeError(`lengthSize: expected 1, 2 or 4, got ${String(options.lengthSize)}`);
  }
  if (options.format !== "rtp") return;
  for (const [name, value, limit] of [
    ["rtpTimestamp", options.rtpTimestamp, 2 ** 32],
    ["sequenceNumber", options.sequenceNumber, 2 ** 16],
  ] as const) {
    if (Number.isInteger(value) && value >= 0 && value < limit) continue;
    throw new RangeError(`${name}: expected an integer from 0 to ${limit - 1} for rtp, got ${String(value)}`);
  }
}
