import { awkwardContents, behindSlice, largest, legalArrangements, sizes } from "./arrangement.ts";
import type { Findings } from "./findings.ts";
import { outcomeText } from "./outcome.ts";
import { showingText } from "./showing.ts";

/** All that H.264 allows. */
const allowed = [...legalArrangements, ...sizes, largest, ...awkwardContents];

/** What a run means for its reader, in five lines. */
export function inShort({ boxes, players }: Findings): string[] {
  const rows = boxes.map(({ box, crossings }) => {
    const outcomes = new Map(crossings.flatMap(({ outcomes }) => [...outcomes]));
    const told = allowed.map((column) => ({ name: column.name, text: outcomeText(outcomes.get(column)) }));
    const all = allowed.flatMap((column) => outcomes.get(column) ?? []);
    const lost = sum(all, ({ sent, whole }) => sent - whole);
    return {
      box,
      outcomes,
      harmed: told.filter(({ text }) => text !== "kept"),
      lost,
      sent: sum(all, ({ sent }) => sent),
    };
  });
  const keepers = new Set(rows.map(({ box }) => box.family));
  for (const { box, harmed } of rows) if (harmed.length > 0) keepers.delete(box.family);
  const eaters = rows.filter(({ harmed }) => harmed.length > 0);
  const movers = rows.filter(({ outcomes }) => outcomes.get(behindSlice)?.harms[0]?.harm === "moved");
  const harmed = players.flatMap(({ player, showings }) =>
    showings
      .filter((showing) => showingText(showing) !== "plays")
      .map(({ clip }) => ({ clip: clip.name, player: player.name })),
  );
  const stumbling = [...Map.groupBy(harmed, ({ clip }) => clip)].map(
    ([clip, those]) => `**${clip}** (${those.map(({ player }) => player).join("; ")})`,
  );
  return [
    `**Keep every message** that H.264 allows, wherever it stands, of every type and size: ${[...keepers].join(", ")}.`,
    `**Eat messages**: ${eaters.map(({ box, ...row }) => `${box.name} (${lossText(row)})`).join("; ")}.`,
    `**Behind the slice**, where H.264 forbids it, they come with the next picture in ${movers.length} of ${rows.length} rows, wherever a parser of FFmpeg, GStreamer or VLC parts pictures from each other: put SEI in front of the slice, as \`insertSei\` does.`,
    `**Pictures** go on as without messages in every player that was run${stumbling.length > 0 ? `, but for messages that stand ${stumbling.join(", ")}` : ""}. A page gets messages from hls.js and from its own code, not from a \`<video>\` that plays a file or native HLS.`,
    "**What to do**: let every hop copy; where one must encode again, use `-udu_sei 1` or its like; send payload type 5, with at least one byte behind the UUID, in the access unit of a picture and never in one of its own; and expect losses to be told: `stripped` of `SeiSubscriber` fires where video comes without messages.",
  ];
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}

interface Loss {
  readonly harmed: readonly { readonly name: string; readonly text: string }[];
  readonly lost: number;
  readonly sent: number;
}

/** "all of them", "type 4, type 243: gone", or how many where whole columns do not tell. */
function lossText({ harmed, lost, sent }: Loss): string {
  if (lost === sent) return "all of them";
  if (harmed.some(({ text }) => /\d/.test(text))) return `${lost} of ${sent}`;
  const byText = Map.groupBy(harmed, ({ text }) => text);
  return [...byText].map(([text, columns]) => `${columns.map(({ name }) => name).join(", ")}: ${text}`).join("; ");
}
