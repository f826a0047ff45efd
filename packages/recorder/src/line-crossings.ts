import { type Detection, footOf, type Point } from "./inference.ts";

/** Things that are followed at once; the one that was seen longest ago is forgotten first. */
const maxTracked = 1000;

/** A line, and which way over it counts. */
export interface CrossedLine {
  readonly line: readonly [Point, Point];
  readonly direction?: "either" | "leftToRight" | "rightToLeft";
}

/** Tells which of the things that a tracker follows have gone over a line since they were seen last. */
export class LineCrossings {
  readonly #line: CrossedLine;
  readonly #last = new Map<string | number, Point>();

  constructor(line: CrossedLine) {
    this.#line = line;
  }

  /** Those of the detections in one picture. One without a box or a `trackId` cannot be followed. */
  of(detections: readonly Detection[]): Detection[] {
    return detections.filter((detection) => {
      const { trackId } = detection;
      const foot = footOf(detection);
      if (trackId === undefined || foot === undefined) return false;
      const before = this.#last.get(trackId);
      const side = this.#sideOf(foot);
      // On the line is on neither side yet: the next picture decides.
      if (side === 0 && before !== undefined) return false;
      this.#last.delete(trackId);
      this.#last.set(trackId, foot);
      if (this.#last.size > maxTracked) this.#last.delete(this.#last.keys().next().value as string | number);
      return before !== undefined && this.#counts(this.#sideOf(before), side) && this.#meets(before, foot);
    });
  }

  clear(): void {
    this.#last.clear();
  }

  #counts(from: number, to: number): boolean {
    const { direction = "either" } = this.#line;
    if (from === to || from === 0) return false;
    return direction === "either" || (direction === "leftToRight") === from < to;
  }

  /** -1 on the left, 1 on the right, 0 on the line, however far it is prolonged. */
  #sideOf(point: Point): number {
    return Math.sign(turn(this.#line.line[0], this.#line.line[1], point));
  }

  /** Whether the way from one point to the other meets the line between its ends. */
  #meets(from: Point, to: Point): boolean {
    const [begin, end] = this.#line.line;
    return Math.sign(turn(from, to, begin)) !== Math.sign(turn(from, to, end));
  }
}

/** Above 0 where the way over three points turns right, in a picture whose y grows downwards. */
function turn([x1, y1]: Point, [x2, y2]: Point, [x, y]: Point): number {
  return (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1);
}
