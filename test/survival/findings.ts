import type { Box } from "./box.ts";
import type { Crossing } from "./crossing.ts";
import type { Player } from "./player.ts";
import type { Showing } from "./showing.ts";

/** What a run has found. */
export interface Findings {
  readonly boxes: readonly { readonly box: Box; readonly crossings: readonly Crossing[] }[];
  readonly players: readonly { readonly player: Player; readonly showings: readonly Showing[] }[];
  /** What could not run, and why. */
  readonly unavailable: readonly { readonly name: string; readonly reason: string }[];
  /** With its version; undefined where there is none. */
  readonly browser: string | undefined;
}
