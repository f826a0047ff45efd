/** One thing that a detector has found in a picture. */
export interface Detection {
  /** What it is, as `person`. */
  readonly class: string;
  /** From 0 to 1. Where the detector gives none, it counts as 1. */
  readonly confidence?: number;
  /** Where it is: left, top, width and height, in the unit that lines and regions are given in. */
  readonly box?: readonly [left: number, top: number, width: number, height: number];
  /** The same for the same thing in the next picture, as a tracker says it. */
  readonly trackId?: string | number;
}

/** What is known of one picture. Further fields are for triggers of one's own, and travel with the event. */
export interface Inference {
  readonly detections?: readonly Detection[];
  /** How unusual the picture is, from 0 to 1. */
  readonly anomaly?: number;
  readonly [field: string]: unknown;
}

/** A place in a picture. */
export type Point = readonly [x: number, y: number];

/** Where a detection stands: the middle of the lower edge of its box. */
export function footOf({ box }: Detection): Point | undefined {
  return box && [box[0] + box[2] / 2, box[1] + box[3]];
}
