import type { MessageVerdict, PicturesVerdict, ProbeVerdict } from "@inband/media/probe";
import type { Arrangement } from "./arrangement.ts";
import type { Clip } from "./clip.ts";

/** What a box did to the messages of one arrangement. */
export interface Outcome {
  readonly sent: number;
  /** Came as they were, once, with their picture. */
  readonly whole: number;
  /** What became of the others, the most frequent first, and of how many. */
  readonly harms: readonly { readonly harm: Harm; readonly count: number }[];
}

/** What can become of a message, the worst first: of each message the first that holds is told. */
const harms = ["stripped", "truncated", "changed", "moved", "doubled", "reordered", "merged"] as const;
export type Harm = (typeof harms)[number];

/** What came of each arrangement of a clip. */
export function outcomes(clip: Clip, verdict: ProbeVerdict): Map<Arrangement, Outcome> {
  const byArrangement = new Map<Arrangement, MessageVerdict[]>();
  for (const message of verdict.messages) {
    const arrangement = clip.arrangements[message.message.number] as Arrangement;
    const known = byArrangement.get(arrangement);
    if (known) known.push(message);
    else byArrangement.set(arrangement, [message]);
  }
  return new Map(
    [...new Set(clip.arrangements)].map((arrangement) => {
      const sent = clip.arrangements.filter((one) => one === arrangement).length;
      return [arrangement, outcomeOf(byArrangement.get(arrangement) ?? [], sent)];
    }),
  );
}

function outcomeOf(messages: readonly MessageVerdict[], sent: number): Outcome {
  // What `judge` does not expect was sent before the first or behind the last picture that came: a box that gave up.
  const unjudged = Array.from({ length: sent - messages.length }, (): Harm => "stripped");
  const told = [...messages.map(harmOf), ...unjudged];
  const counts = harms
    .map((harm) => ({ harm, count: told.filter((one) => one === harm).length }))
    .filter(({ count }) => count > 0);
  return {
    sent,
    whole: told.filter((harm) => harm === undefined).length,
    harms: counts.sort((a, b) => b.count - a.count),
  };
}

function harmOf({ outcome, times, isMoved, isReordered, isMerged }: MessageVerdict): Harm | undefined {
  if (outcome !== "kept") return outcome;
  if (isMoved) return "moved";
  if (times > 1) return "doubled";
  if (isReordered) return "reordered";
  return isMerged ? "merged" : undefined;
}

/** The worse of what became of the pictures of several clips. */
export function worstPictures(verdicts: readonly PicturesVerdict[]): PicturesVerdict["outcome"] {
  const order = ["none", "suffered", "re-encoded", "whole"] as const;
  return order.find((outcome) => verdicts.some((verdict) => verdict.outcome === outcome)) ?? "none";
}

const words: Readonly<Record<Harm, string>> = {
  stripped: "gone",
  truncated: "cut",
  changed: "changed",
  moved: "moved",
  doubled: "doubled",
  reordered: "late",
  merged: "merged",
};

/** An outcome in a word or two. */
export function outcomeText(outcome: Outcome | undefined): string {
  if (outcome === undefined) return "fails";
  const [first] = outcome.harms;
  if (first === undefined) return "kept";
  if (first.count === outcome.sent) return words[first.harm];
  const parts = outcome.harms.map(({ harm, count }) => `${count} ${words[harm]}`);
  return `${outcome.whole} of ${outcome.sent} kept, ${parts.join(", ")}`;
}
