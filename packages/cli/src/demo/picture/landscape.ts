import { gradient, mix, type Yuv, yuv } from "./colour.ts";
import { Digits } from "./digits.ts";

const sky: readonly (readonly [number, Yuv])[] = [
  [0, yuv("#171a45")],
  [0.25, yuv("#3a2f74")],
  [0.48, yuv("#8a4a8c")],
  [0.66, yuv("#e57f73")],
  [0.8, yuv("#ffc98b")],
  [1, yuv("#ffe3b0")],
];
const sun = { x: 0.7, y: 0.56, radius: 0.085, colour: yuv("#fff3d6"), glow: yuv("#ffd9a0") };
/** From the back to the front. Heights and the mean are in parts of the picture's height, speeds in widths a second. */
const hills = [
  { mean: 0.67, height: 0.055, waves: [3, 7, 13], speed: 0.008, top: yuv("#b06a8f"), foot: yuv("#e79c8d") },
  { mean: 0.745, height: 0.06, waves: [2, 5, 11], speed: 0.02, top: yuv("#774a86"), foot: yuv("#a8638c") },
  { mean: 0.825, height: 0.065, waves: [2, 3, 9], speed: 0.045, top: yuv("#42306b"), foot: yuv("#5d3d78") },
  { mean: 0.925, height: 0.06, waves: [1, 4, 7], speed: 0.09, top: yuv("#1c1a42"), foot: yuv("#14132f") },
] as const;

interface Layer {
  /** Row of the ridge in each column, for one period and one picture more. */
  readonly ridge: Float32Array;
  readonly period: number;
  readonly highest: number;
  readonly lowest: number;
  /** Colour of each row. */
  readonly y: Uint8Array;
  readonly u: Uint8Array;
  readonly v: Uint8Array;
  readonly speed: number;
}

/** Draws hills that pass below an evening sky, with a clock and the number of the frame in it, as I420. */
export class Landscape {
  readonly #width: number;
  readonly #height: number;
  readonly #sky: Uint8Array;
  readonly #layers: readonly Layer[];
  readonly #clock: Digits;
  readonly #number: Digits;

  /** Sizes are even. */
  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.#sky = drawSky(width, height);
    this.#layers = hills.map((hill, index) => layer(hill, index, width, height));
    this.#clock = new Digits(height * 0.15);
    this.#number = new Digits(height * 0.045);
  }

  /** Bytes of a picture. */
  get byteLength(): number {
    return this.#sky.length;
  }

  /** `clock` and `number` hold digits and colons. */
  draw(data: Uint8Array, { seconds, clock, number }: { seconds: number; clock: string; number: string }): void {
    data.set(this.#sky);
    this.#write(data, this.#clock, clock, 0.2, 1);
    this.#write(data, this.#number, number, 0.395, 0.8);
    for (const hill of this.#layers) this.#drawHills(data, hill, seconds);
  }

  #write(data: Uint8Array, digits: Digits, text: string, top: number, opacity: number): void {
    const left = Math.round((this.#width - digits.measure(text)) / 2);
    digits.write(data, this.#width, text, left, Math.round(this.#height * top), 235, opacity);
  }

  #drawHills(data: Uint8Array, { ridge, period, highest, lowest, y, u, v, speed }: Layer, seconds: number): void {
    const [width, height] = [this.#width, this.#height];
    const offset = Math.floor(seconds * speed * width) % period;
    for (let row = highest; row < lowest; row++) {
      const level = y[row]!;
      const start = row * width;
      for (let column = 0; column < width; column++) {
        // How much of the pixel lies below the ridge.
        const part = row + 1 - ridge[offset + column]!;
        if (part >= 1) data[start + column] = level;
        else if (part > 0) data[start + column] = data[start + column]! + (level - data[start + column]!) * part;
      }
    }
    for (let row = lowest; row < height; row++) data.fill(y[row]!, row * width, (row + 1) * width);
    const half = width / 2;
    const firstU = width * height;
    const firstV = firstU + firstU / 4;
    for (let row = highest >> 1; row < height / 2; row++) {
      const [levelU, levelV] = [u[row * 2]!, v[row * 2]!];
      const start = row * half;
      if (row * 2 >= lowest) {
        data.fill(levelU, firstU + start, firstU + start + half);
        data.fill(levelV, firstV + start, firstV + start + half);
        continue;
      }
      for (let column = 0; column < half; column++) {
        if (row * 2 + 1 < ridge[offset + column * 2]!) continue;
        data[firstU + start + column] = levelU;
        data[firstV + start + column] = levelV;
      }
    }
  }
}

function drawSky(width: number, height: number): Uint8Array {
  const data = new Uint8Array((width * height * 3) / 2);
  const firstU = width * height;
  const firstV = firstU + firstU / 4;
  for (let row = 0; row < height; row++) {
    const plain = gradient(sky, row / height / 0.78);
    for (let column = 0; column < width; column++) {
      const away = Math.hypot(column - sun.x * width, row - sun.y * height) / height;
      const lit = mix(plain, sun.glow, 0.55 * Math.exp(-((away / 0.24) ** 2)));
      const colour = mix(lit, sun.colour, (sun.radius - away) * height + 0.5);
      // Dither: a smooth sky has more shades than eight bits.
      const dither = ((row * 7 + column * 13 + ((row * column) % 5)) % 8) / 8;
      data[row * width + column] = colour[0] + dither;
      if (row % 2 === 1 || column % 2 === 1) continue;
      const place = (row / 2) * (width / 2) + column / 2;
      data[firstU + place] = colour[1] + dither;
      data[firstV + place] = colour[2] + dither;
    }
  }
  return data;
}

function layer(hill: (typeof hills)[number], index: number, width: number, height: number): Layer {
  const period = width * 2;
  const ridge = new Float32Array(period + width);
  let [highest, lowest] = [height, 0];
  for (let column = 0; column < ridge.length; column++) {
    let level = 0;
    for (const [order, waves] of hill.waves.entries()) {
      level += Math.sin((column / period) * 2 * Math.PI * waves + index * 2.1 + order * 1.3) / (order + 1.4);
    }
    const row = (hill.mean - level * hill.height * 0.7) * height;
    ridge[column] = row;
    highest = Math.min(highest, Math.floor(row));
    lowest = Math.max(lowest, Math.ceil(row) + 1);
  }
  lowest = Math.min(height, lowest);
  const [y, u, v] = [new Uint8Array(height), new Uint8Array(height), new Uint8Array(height)];
  for (let row = highest; row < height; row++) {
    const colour = mix(hill.top, hill.foot, (row - highest) / (0.16 * height));
    [y[row], u[row], v[row]] = colour;
  }
  return { ridge, period, highest: Math.max(0, highest), lowest, y, u, v, speed: hill.speed };
}
