/** Dots across a character, and down. */
export const glyphSize = { width: 5, height: 7 } as const;

/** Seven rows of five dots, from the top; the highest of the five bits is the leftmost dot. */
const glyphs: Readonly<Record<string, readonly number[]>> = {
  " ": [0, 0, 0, 0, 0, 0, 0],
  "-": [0, 0, 0, 0b11111, 0, 0, 0],
  ".": [0, 0, 0, 0, 0, 0b01100, 0b01100],
  ":": [0, 0b01100, 0b01100, 0, 0b01100, 0b01100, 0],
  "0": [0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110],
  "1": [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
  "2": [0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111],
  "3": [0b11111, 0b00010, 0b00100, 0b00010, 0b00001, 0b10001, 0b01110],
  "4": [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010],
  "5": [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110],
  "6": [0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110],
  "7": [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000],
  "8": [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110],
  "9": [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100],
  A: [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
  B: [0b11110, 0b10001, 0b10001, 0b11110, 0b10001, 0b10001, 0b11110],
  D: [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110],
  F: [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b10000],
  I: [0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
  N: [0b10001, 0b11001, 0b10101, 0b10011, 0b10001, 0b10001, 0b10001],
  P: [0b11110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000, 0b10000],
  S: [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110],
  X: [0b10001, 0b01010, 0b00100, 0b00100, 0b00100, 0b01010, 0b10001],
};

/** The width of a text in dots; one dot stands between two characters. */
export function textDots(text: string): number {
  return text.length * (glyphSize.width + 1) - 1;
}

/** Draws a text into a luma plane, `dot` pixels a dot. Characters that the font lacks are left blank. */
export function drawText(
  luma: Uint8Array,
  stride: number,
  text: string,
  left: number,
  top: number,
  dot: number,
  level: number,
): void {
  for (let index = 0; index < text.length; index++) {
    const rows = glyphs[text[index] ?? " "] ?? [];
    const x = left + index * (glyphSize.width + 1) * dot;
    for (let row = 0; row < rows.length; row++) {
      const bits = rows[row] ?? 0;
      for (let column = 0; column < glyphSize.width; column++) {
        if ((bits & (16 >> column)) === 0) continue;
        for (let y = top + row * dot; y < top + (row + 1) * dot; y++) {
          const start = y * stride + x + column * dot;
          luma.fill(level, start, start + dot);
        }
      }
    }
  }
}
