/**
 * How the bytes of a {@link RawFrame} are laid out, without padding between rows or planes. The names are those of
 * WebCodecs; `BGR` (24 bits, as OpenCV gives it) is added.
 *
 * - `I420`: the Y plane, then U, then V, the last two with half the width and half the height.
 * - `NV12`: the Y plane, then one plane of U and V bytes in turn.
 * - `BGR`, `BGRA`, `RGBA`: one plane of 3 or 4 bytes a pixel. Alpha is not used.
 */
export type RawFrameFormat = "I420" | "NV12" | "BGR" | "BGRA" | "RGBA";

/** One uncompressed picture. The field names are those of WebCodecs. */
export interface RawFrame {
  /** The whole picture, {@link rawFrameByteLength} bytes. */
  readonly data: Uint8Array;
  /** How `data` is laid out. */
  readonly format: RawFrameFormat;
  /** In pixels. */
  readonly codedWidth: number;
  /** In pixels. */
  readonly codedHeight: number;
  /** Presentation time in integer microseconds. */
  readonly timestamp: number;
}

const bytesPerTwoPixels = { I420: 3, NV12: 3, BGR: 6, BGRA: 8, RGBA: 8 } as const;

/**
 * The number of bytes that a picture takes.
 *
 * @throws RangeError when the size does not fit the format: I420 and NV12 need an even width and height.
 */
export function rawFrameByteLength(format: RawFrameFormat, codedWidth: number, codedHeight: number): number {
  const factor = Object.hasOwn(bytesPerTwoPixels, format) ? bytesPerTwoPixels[format] : undefined;
  if (factor === undefined) {
    throw new TypeError(`format is ${String(format)}; it must be one of ${Object.keys(bytesPerTwoPixels).join(", ")}.`);
  }
  const even = format === "I420" || format === "NV12";
  for (const [name, size] of [
    ["codedWidth", codedWidth],
    ["codedHeight", codedHeight],
  ] as const) {
    if (!Number.isInteger(size) || size < 1) throw new RangeError(`${name} is ${size}; it must be a positive integer.`);
    if (even && size % 2 !== 0) throw new RangeError(`${name} is ${size}; ${format} needs an even number of pixels.`);
  }
  return (codedWidth * codedHeight * factor) / 2;
}

/** Refuses a frame that an encoder of this size cannot take, naming the field that is wrong. */
export function checkRawFrame(frame: RawFrame, width: number, height: number): void {
  if (typeof frame !== "object" || frame === null) throw new TypeError("frame must be a RawFrame object.");
  const { data, format, codedWidth, codedHeight, timestamp } = frame;
  if (codedWidth !== width) {
    throw new RangeError(`frame.codedWidth is ${codedWidth}, but the encoder was created with width ${width}.`);
  }
  if (codedHeight !== height) {
    throw new RangeError(`frame.codedHeight is ${codedHeight}, but the encoder was created with height ${height}.`);
  }
  const expected = rawFrameByteLength(format, codedWidth, codedHeight);
  if (!(data instanceof Uint8Array)) throw new TypeError("frame.data must be a Uint8Array.");
  if (data.byteLength !== expected) {
    throw new RangeError(
      `frame.data holds ${data.byteLength} bytes; a ${codedWidth}x${codedHeight} ${format} frame takes ${expected}.`,
    );
  }
  if (!Number.isSafeInteger(timestamp)) {
    throw new TypeError(`frame.timestamp is ${String(timestamp)}; it must be an integer number of microseconds.`);
  }
}
