import type { Player } from "./player.ts";
import { pagePlayers } from "./players/pages.ts";
import { programPlayers } from "./players/programs.ts";

/** The rows of the table of players. */
export const players: readonly Player[] = [...pagePlayers, ...programPlayers];
