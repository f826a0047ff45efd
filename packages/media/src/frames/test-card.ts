import { drawFrameNumber, frameNumberModulus, frameNumberStrip } from "../frame-number/frame-number.ts";
import { drawText, glyphSize, textDots } from "./font.ts";
import type { I420Picture } from "./i420-picture.ts";
import { type Ball, ball, bounce, even, wave } from "./shapes.ts";

/** White, yellow, cyan, green, magenta, red and blue at 75 %, ITU-R BT.601 in limited range. */
const colourBars = [
  [180, 128, 128],
  [162, 44, 142],
  [131, 156, 44],
  [112, 72, 58],
  [84, 184, 198],
  [65, 100, 212],
  [35, 212, 114],
] as const;

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

interface Line {
  readonly text: string;
  readonly dot: number;
  readonly level: number;
}

/** What to show on one picture. */
export interface TestCardContent {
  readonly frameNumber: number;
  /** Microseconds; moves the shapes. */
  readonly timestamp: number;
  readonly clock: string;
  readonly label: string;
}

/**
 * Draws the test picture: slanted waves that drift to the left, a ball that bounces, the number of the picture and a
 * clock on a dark panel, a hand that sweeps once a second, colour bars, and the strip of the frame number.
 *
 * Everything that can be is computed once; a picture is then a few thousand row copies.
 */
export class TestCard {
  readonly #width: number;
  readonly #height: number;
  readonly #waves: { y: Uint8Array; u: Uint8Array; v: Uint8Array };
  readonly #period: number;
  readonly #ball: Ball;
  readonly #stripBottom: number;
  readonly #handTop: number;
  readonly #barsTop: number;
  /** Between the lines of the panel and around them. */
  readonly #gap: number;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.#period = even(width);
    this.#waves = {
      y: wave(this.#period, width, 84, 28, 1, 0),
      u: wave(this.#period / 2, width / 2, 154, 16, 1, 0.8),
      v: wave(this.#period / 2, width / 2, 122, 30, 1, 2.6),
    };
    this.#ball = ball(even(Math.max(8, height / 6)));
    this.#stripBottom = even(Math.ceil((frameNumberStrip.rows * height) / frameNumberStrip.rowsInHeight) + 1);
    this.#barsTop = even(height - height / 14);
    this.#gap = Math.round(height * 0.04);
    this.#handTop = this.#barsTop - Math.max(2, even(height / 90));
  }

  draw(picture: I420Picture, content: TestCardContent): void {
    const { frameNumber, timestamp } = content;
    this.#drawWaves(picture, timestamp);
    const lines = this.#lines(content);
    const panel = this.#panel(lines);
    this.#drawPanel(picture, panel);
    this.#drawBall(picture, timestamp);
    this.#drawLines(picture, lines, panel.top + this.#gap);
    this.#drawBars(picture, timestamp);
    picture.fill(0, 0, this.#width, this.#stripBottom, frameNumberStrip.dark, 128, 128);
    drawFrameNumber(picture.y, this.#width, this.#height, frameNumber % frameNumberModulus);
  }

  /** Luma and chroma move together and by even pixels, which costs an encoder nearly nothing. */
  #drawWaves({ y, u, v, width, height }: I420Picture, timestamp: number): void {
    const shift = Math.round((timestamp / 1_000_000) * (this.#period / 16));
    const half = this.#period / 2;
    const waves = this.#waves;
    for (let row = this.#stripBottom / 2; row < height / 2; row++) {
      const offset = (shift + row) % half;
      const luma = waves.y.subarray(offset * 2, offset * 2 + width);
      y.set(luma, row * 2 * width);
      y.set(luma, (row * 2 + 1) * width);
      u.set(waves.u.subarray(offset, offset + width / 2), (row * width) / 2);
      v.set(waves.v.subarray(offset, offset + width / 2), (row * width) / 2);
    }
  }

  #drawBall({ y, u, v, width }: I420Picture, timestamp: number): void {
    const { size, inset, luma } = this.#ball;
    const seconds = timestamp / 1_000_000;
    const left = even(bounce(seconds / 5) * (width - size));
    const ground = this.#handTop - size - this.#stripBottom;
    const fall = bounce(seconds / 1.3);
    const top = this.#stripBottom + even(fall * fall * Math.max(0, ground));
    for (let row = 0; row < size; row++) {
      const from = inset[row] ?? 0;
      y.set(luma.subarray(row * size + from, (row + 1) * size - from), (top + row) * width + left + from);
      if (row % 2 === 1) continue;
      const start = ((top + row) / 2) * (width / 2) + left / 2;
      u.fill(72, start + Math.ceil(from / 2), start + Math.floor((size - from) / 2));
      v.fill(176, start + Math.ceil(from / 2), start + Math.floor((size - from) / 2));
    }
  }

  #lines({ frameNumber, clock, label }: TestCardContent): Line[] {
    const width = this.#width * 0.56;
    const height = (this.#handTop - this.#stripBottom) * 0.62;
    const number = String(frameNumber).padStart(6, "0");
    return [
      { text: number, dot: fittingDot(number, width, height * 0.5), level: 235 },
      { text: clock, dot: fittingDot(clock, width, height * 0.2), level: 205 },
      { text: label, dot: fittingDot(label, width, height * 0.1), level: 160 },
    ];
  }

  #panel(lines: readonly Line[]): Box {
    let width = 0;
    let height = this.#gap;
    for (const { text, dot } of lines) {
      width = Math.max(width, textDots(text) * dot);
      height += glyphSize.height * dot + this.#gap;
    }
    width += this.#gap * 2;
    const left = even((this.#width - width) / 2);
    const top = even((this.#stripBottom + this.#handTop - height) / 2);
    return { left, top, right: this.#width - left, bottom: top + even(height + 1) };
  }

  #drawLines(picture: I420Picture, lines: readonly Line[], firstTop: number): void {
    let top = firstTop;
    for (const { text, dot, level } of lines) {
      const left = Math.round((this.#width - textDots(text) * dot) / 2);
      drawText(picture.y, this.#width, text, left, top, dot, level);
      top += glyphSize.height * dot + this.#gap;
    }
  }

  /** A dark box with its corners cut, which reads as rounded. */
  #drawPanel(picture: I420Picture, { left, top, right, bottom }: Box): void {
    const corner = even(Math.max(2, this.#height / 60));
    for (let step = 0; step < corner; step += 2) {
      const inset = even(corner - Math.sqrt(corner * corner - (corner - step) ** 2) + 1);
      picture.fill(left + inset, top + step, right - inset, top + step + 2, 28, 134, 126);
      picture.fill(left + inset, bottom - step - 2, right - inset, bottom - step, 28, 134, 126);
    }
    picture.fill(left, top + corner, right, bottom - corner, 28, 134, 126);
  }

  #drawBars(picture: I420Picture, timestamp: number): void {
    const width = this.#width;
    picture.fill(0, this.#handTop, width, this.#barsTop, 28, 134, 126);
    const reach = even(((timestamp % 1_000_000) / 1_000_000) * width);
    if (reach > 0) picture.fill(0, this.#handTop, reach, this.#barsTop, 220, 100, 140);
    for (let index = 0; index < colourBars.length; index++) {
      const [y, u, v] = colourBars[index] ?? colourBars[0];
      const left = even((index * width) / colourBars.length);
      const right = index === colourBars.length - 1 ? width : even(((index + 1) * width) / colourBars.length);
      picture.fill(left, this.#barsTop, right, this.#height, y, u, v);
    }
  }
}

/** The largest whole dot with which a text fits a width and a height. */
function fittingDot(text: string, width: number, height: number): number {
  return Math.max(1, Math.floor(Math.min(width / textDots(text), height / glyphSize.height)));
}
