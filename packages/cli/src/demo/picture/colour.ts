/** A colour as the encoder takes it: ITU-R BT.601 in limited range. */
export type Yuv = readonly [y: number, u: number, v: number];

/** From sRGB in hexadecimal, `#rrggbb`. */
export function yuv(hex: string): Yuv {
  const [r, g, b] = [1, 3, 5].map((start) => Number.parseInt(hex.slice(start, start + 2), 16)) as [
    number,
    number,
    number,
  ];
  return [
    16 + 0.257 * r + 0.504 * g + 0.098 * b,
    128 - 0.148 * r - 0.291 * g + 0.439 * b,
    128 + 0.439 * r - 0.368 * g - 0.071 * b,
  ];
}

export function mix(a: Yuv, b: Yuv, share: number): Yuv {
  const part = Math.min(1, Math.max(0, share));
  return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part, a[2] + (b[2] - a[2]) * part];
}

/** The colour at `place` (0 to 1) of a gradient whose stops are in order. */
export function gradient(stops: readonly (readonly [place: number, colour: Yuv])[], place: number): Yuv {
  let before = stops[0]!;
  for (const stop of stops) {
    if (stop[0] >= place) return mix(before[1], stop[1], (place - before[0]) / (stop[0] - before[0] || 1));
    before = stop;
  }
  return before[1];
}
