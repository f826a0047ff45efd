/** The next lower even number. */
export function even(value: number): number {
  return Math.floor(value / 2) * 2;
}

/** Back and forth between 0 and 1, once for every 2. */
export function bounce(value: number): number {
  return 1 - Math.abs(1 - (((value % 2) + 2) % 2));
}

/** `cycles` smooth waves in `period` samples, repeated for `width` more, so that any offset below `period` can be read. */
export function wave(
  period: number,
  width: number,
  mean: number,
  height: number,
  cycles: number,
  phase: number,
): Uint8Array {
  const samples = new Uint8Array(period + width);
  for (let index = 0; index < samples.length; index++) {
    samples[index] = Math.round(mean + height * Math.sin((index / period) * 2 * Math.PI * cycles + phase));
  }
  return samples;
}

/** A ball in a square. */
export interface Ball {
  /** Width and height in pixels. */
  readonly size: number;
  /** How far each row of the ball begins from the edge of the square. */
  readonly inset: Uint16Array;
  /** Of the whole square, row by row. */
  readonly luma: Uint8Array;
}

/** A ball lit from the upper left. */
export function ball(size: number): Ball {
  const radius = size / 2;
  const inset = new Uint16Array(size);
  const luma = new Uint8Array(size * size);
  for (let row = 0; row < size; row++) {
    const dy = (row + 0.5 - radius) / radius;
    inset[row] = Math.round(radius - radius * Math.sqrt(Math.max(0, 1 - dy * dy)));
    for (let column = 0; column < size; column++) {
      const dx = (column + 0.5 - radius) / radius;
      const distance = Math.hypot(dx + 0.35, dy + 0.4);
      luma[row * size + column] = Math.round(Math.max(60, 172 - 70 * distance));
    }
  }
  return { size, inset, luma };
}
