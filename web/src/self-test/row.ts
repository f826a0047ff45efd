import type { Abilities } from "./abilities.ts";

/** What came of the messages on one way. */
export interface Figures {
  readonly sent: number;
  readonly received: number;
  readonly twice: number;
  readonly exact: number;
  readonly onFrame: number;
  /** Messages whose frame was on the screen and could be read. */
  readonly framesSeen: number;
  readonly framesDecoded: number;
  readonly problem?: string;
}

/** What this browser is, has and did. */
export interface Row {
  readonly userAgent: string;
  readonly abilities: Abilities;
  readonly fromPage: Figures;
  readonly fromNode: Figures;
}

export type PathName = "fromPage" | "fromNode";
