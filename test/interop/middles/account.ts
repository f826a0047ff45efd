import type { Place } from "../place.ts";
import type { Tally } from "../tally.ts";
import type { Forwarding } from "./forwarding.ts";

/** What a receiver got, beside what the server before it tells of the pictures that it has sent on to it. */
export interface Account {
  /** Missing messages that no picture carried which was sent on whole. */
  readonly withheld: readonly number[];
  /** Messages that came although no packet of their pictures is told of: the server is not to be believed then. */
  readonly unexplained: readonly number[];
  /** The longest time in which the server sent nothing, in milliseconds. */
  readonly pauseMs: number;
}

/** Holds the messages against the pictures on which the sender says that they left. */
export function accountOf(tally: Tally, sent: ReadonlyMap<number, Place>, forwarding: Forwarding): Account {
  const missing = new Set(tally.missing);
  const withheld: number[] = [];
  const unexplained: number[] = [];
  for (const [number, { copies = [] }] of sent) {
    if (copies.length === 0) continue;
    const parts = copies.map((copy) => forwarding.partOf(copy));
    if (missing.has(number) && !parts.includes("all")) withheld.push(number);
    if (!missing.has(number) && parts.every((part) => part === "none")) unexplained.push(number);
  }
  return { withheld, unexplained, pauseMs: forwarding.longestPauseMs };
}
