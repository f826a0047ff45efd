/** Which segments a digit lights: six clockwise from the top, the middle one, and an upright one for the 1. */
const segments: Readonly<Record<string, readonly number[]>> = {
  "0": [0, 1, 2, 3, 4, 5],
  "1": [7],
  "2": [0, 1, 3, 4, 6],
  "3": [0, 1, 2, 3, 6],
  "4": [1, 2, 5, 6],
  "5": [0, 2, 3, 5, 6],
  "6": [0, 2, 3, 4, 5, 6],
  "7": [0, 1, 2],
  "8": [0, 1, 2, 3, 4, 5, 6],
  "9": [0, 1, 2, 3, 5, 6],
};

interface Glyph {
  readonly width: number;
  readonly alpha: Uint8Array;
}

type Line = readonly [x1: number, y1: number, x2: number, y2: number];

/** Digits and colons with round, smooth strokes, drawn once for a height. */
export class Digits {
  readonly height: number;
  readonly #gap: number;
  readonly #glyphs = new Map<string, Glyph>();

  constructor(height: number) {
    this.height = Math.round(height);
    this.#gap = Math.round(height * 0.16);
    const stroke = height * 0.055;
    const [left, right] = [stroke, height * 0.5 - stroke];
    const [top, middle, bottom] = [stroke, height / 2, height - stroke];
    const places: readonly Line[] = [
      [left, top, right, top],
      [right, top, right, middle],
      [right, middle, right, bottom],
      [left, bottom, right, bottom],
      [left, middle, left, bottom],
      [left, top, left, middle],
      [left, middle, right, middle],
      [height / 4, top, height / 4, bottom],
    ];
    const width = Math.round(height * 0.5);
    for (const [digit, lit] of Object.entries(segments)) {
      this.#glyphs.set(
        digit,
        this.#draw(
          lit.map((index) => places[index]!),
          width,
          stroke,
        ),
      );
    }
    const centre = stroke * 1.5;
    const dots = [0.32, 0.68].map((at): Line => [centre, height * at, centre, height * at]);
    this.#glyphs.set(":", this.#draw(dots, Math.ceil(stroke * 3), stroke * 1.15));
  }

  /** Width of a text in pixels. */
  measure(text: string): number {
    let width = -this.#gap;
    for (const character of text) width += (this.#glyphs.get(character)?.width ?? 0) + this.#gap;
    return width;
  }

  /** Blends a text of this level into a luma plane. */
  write(
    luma: Uint8Array,
    stride: number,
    text: string,
    left: number,
    top: number,
    level: number,
    opacity: number,
  ): void {
    let x = left;
    for (const character of text) {
      const glyph = this.#glyphs.get(character);
      if (!glyph) continue;
      for (let row = 0; row < this.height; row++) {
        const line = (top + row) * stride + x;
        const from = row * glyph.width;
        for (let column = 0; column < glyph.width; column++) {
          const alpha = (glyph.alpha[from + column]! * opacity) / 255;
          if (alpha > 0) luma[line + column] = luma[line + column]! + (level - luma[line + column]!) * alpha;
        }
      }
      x += glyph.width + this.#gap;
    }
  }

  #draw(lines: readonly Line[], width: number, stroke: number): Glyph {
    const alpha = new Uint8Array(width * this.height);
    for (let row = 0; row < this.height; row++) {
      for (let column = 0; column < width; column++) {
        let nearest = Number.POSITIVE_INFINITY;
        for (const line of lines) nearest = Math.min(nearest, distance(column + 0.5, row + 0.5, line));
        alpha[row * width + column] = Math.round(255 * Math.min(1, Math.max(0, stroke - nearest + 0.5)));
      }
    }
    return { width, alpha };
  }
}

/** From a point to a line segment. */
function distance(x: number, y: number, [x1, y1, x2, y2]: Line): number {
  const length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length));
  return Math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1));
}
