import type { Point } from "./inference.ts";

/** Whether a point lies in a polygon, by how often a ray from it crosses the edges. */
export function isInside(point: Point | undefined, corners: readonly Point[]): boolean {
  if (point === undefined) return false;
  const [x, y] = point;
  let isIn = false;
  let [x1, y1] = corners.at(-1) as Point;
  for (const [x2, y2] of corners) {
    if (y1 > y !== y2 > y && x < x1 + ((x2 - x1) * (y - y1)) / (y2 - y1)) isIn = !isIn;
    [x1, y1] = [x2, y2];
  }
  return isIn;
}
