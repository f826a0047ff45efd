import type { RawFrame } from "@inband/h264/encoder";

/**
 * The strip along the top edge that carries the number of a picture for machines: two rows of 18 light and dark blocks,
 * each row a 24th of the height. Block 0 is light and 1 dark, as the reference for the rest; 2 light and 3 dark again;
 * then 24 bits of the number and 8 bits of CRC, most significant first.
 *
 * Its geometry is relative to the size of the picture, so that it survives scaling.
 */
export const frameNumberStrip = { columns: 18, rows: 2, rowsInHeight: 24, light: 208, dark: 32 } as const;

const { columns, rows, rowsInHeight, light, dark } = frameNumberStrip;

/** Picture numbers wrap after 24 bits. */
export const frameNumberModulus = 0x1000000;

/**
 * Draws a number into a luma plane as `testPicture` of `@inband/media/frames` does, for {@link readFrameNumber}; the chroma of the strip must
 * be neutral. It takes the upper twelfth of the height.
 *
 * @param luma One byte for each pixel, row by row.
 */
export function drawFrameNumber(luma: Uint8Array, width: number, height: number, frameNumber: number): void {
  const bits = frameNumberBits(frameNumber);
  for (let row = 0; row < rows; row++) {
    const top = Math.floor((row * height) / rowsInHeight);
    const bottom = Math.floor(((row + 1) * height) / rowsInHeight);
    const first = top * width;
    for (let column = 0; column < columns; column++) {
      const left = Math.floor((column * width) / columns);
      const right = Math.floor(((column + 1) * width) / columns);
      luma.fill(bits[row * columns + column] === 1 ? light : dark, first + left, first + right);
    }
    for (let y = top + 1; y < bottom; y++) luma.copyWithin(y * width, first, first + width);
  }
}

/**
 * The number that `testPicture` of `@inband/media/frames`, or {@link drawFrameNumber}, burnt into a picture, or undefined when the picture carries none.
 *
 * It survives compression, scaling and every {@link RawFrame} format. The number is the picture's number modulo 2^24.
 */
export function readFrameNumber(frame: RawFrame): number | undefined {
  const { codedWidth: width, codedHeight: height } = frame;
  const levels = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const [top, bottom] = middle(row, height / rowsInHeight);
    for (let column = 0; column < columns; column++) {
      const [left, right] = middle(column, width / columns);
      levels[row * columns + column] = meanLevel(frame, left, right, top, bottom);
    }
  }
  const [light0 = 0, dark0 = 0, light1 = 0, dark1 = 0] = levels;
  const threshold = (light0 + dark0 + light1 + dark1) / 4;
  if (Math.min(light0, light1) - Math.max(dark0, dark1) < 40) return undefined;
  let frameNumber = 0;
  let check = 0;
  for (let bit = 0; bit < 24; bit++) frameNumber = frameNumber * 2 + ((levels[4 + bit] ?? 0) > threshold ? 1 : 0);
  for (let bit = 0; bit < 8; bit++) check = check * 2 + ((levels[28 + bit] ?? 0) > threshold ? 1 : 0);
  return crc8(frameNumber) === check ? frameNumber : undefined;
}

function frameNumberBits(frameNumber: number): Uint8Array {
  const bits = new Uint8Array(rows * columns);
  bits[0] = 1;
  bits[2] = 1;
  const check = crc8(frameNumber);
  for (let bit = 0; bit < 24; bit++) bits[4 + bit] = (frameNumber >>> (23 - bit)) & 1;
  for (let bit = 0; bit < 8; bit++) bits[28 + bit] = (check >>> (7 - bit)) & 1;
  return bits;
}

/** CRC-8 with polynomial x^8 + x^2 + x + 1 over the 24 bits; it starts at 255, so that an all-dark strip is no number. */
function crc8(frameNumber: number): number {
  let crc = 255;
  for (let shift = 16; shift >= 0; shift -= 8) {
    crc ^= (frameNumber >>> shift) & 255;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 128) === 0 ? (crc << 1) & 255 : ((crc << 1) ^ 7) & 255;
  }
  return crc;
}

/** The middle half of a block, where its neighbours do not reach. */
function middle(index: number, size: number): [from: number, to: number] {
  const from = Math.floor((index + 0.25) * size);
  return [from, Math.max(from + 1, Math.ceil((index + 0.75) * size))];
}

/** The mean of a plane that stands for brightness: luma, or green. */
function meanLevel(frame: RawFrame, left: number, right: number, top: number, bottom: number): number {
  const { data, format, codedWidth } = frame;
  const planar = format === "I420" || format === "NV12";
  const step = planar ? 1 : format === "BGR" ? 3 : 4;
  const first = planar ? 0 : 1;
  let sum = 0;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) sum += data[(y * codedWidth + x) * step + first] ?? 0;
  }
  return sum / ((right - left) * (bottom - top));
}
