import { markdownTable } from "@inband/rig/markdown-table";
import { versionOf } from "../interop/version.ts";
import {
  type Arrangement,
  apart,
  awkwardContents,
  behindSlice,
  largest,
  legalArrangements,
  referenceHeader,
  sizes,
} from "./arrangement.ts";
import type { Crossing } from "./crossing.ts";
import type { Findings } from "./findings.ts";
import { inShort } from "./in-short.ts";
import { outcomeText, worstPictures } from "./outcome.ts";
import { readNotRun } from "./read-not-run.ts";
import { showingText } from "./showing.ts";

const positions = [...legalArrangements, behindSlice, referenceHeader, apart];
const ofSizes = [...sizes, largest, ...awkwardContents];

/** The text of docs/survival.md. */
export function survivalText(findings: Findings): string {
  const { boxes, players, browser } = findings;
  const versions = new Set([
    ...boxes.map(({ box }) => box.version()),
    ...players.map(({ player }) => player.version()),
    browser ?? "no browser",
    versionOf("node-av"),
  ]);
  return `# What keeps SEI, and what eats it

Written by \`npm run survival\` on ${new Date().toISOString().slice(0, 10)}, on one machine, without loss.

${inShort(findings)
  .map((line) => `- ${line}`)
  .join("\n")}

\`inband doctor URL ...\` says the same of a chain of your own.

## Where messages stand

${legend}

${boxTable(positions, findings)}

${markdownTable([["column", "the message stands"], ...positions.map(({ name, meaning }) => [name, meaning])])}

## How large they are, and of what

By payloadSize, that of the UUID included: 16 is a UUID alone. Each message is alone in its NAL unit, in front of the slice.

${boxTable(ofSizes, findings)}

## Players

Whether pictures go on where messages are. Each clip is played twice, with messages and without, and pictures are compared: "plays" where as many are decoded, without an error, and (in Chromium, which decodes by software here) without a pause of half a second. The clips are columns of the tables above, "positions" those that H.264 allows. What an application can get at is in the last column.

${playerTable(findings)}

## Not run here

${notRun(findings)}

## Read, not run

What sources and threads say of servers that neither npm nor Debian has. None of it was run by us; threads are as they were in November 2026.

${markdownTable([["server", "SEI", "evidence"], ...readNotRun.map(({ name, fate, evidence }) => [name, fate, evidence])])}

## How it was run

A clip of 320x180 goes through each box, made by x264 with a key frame every eighth picture, with numbered messages in the ways above; what comes out is read by \`openSource\` of \`@inband/media\` (FFmpeg in node-av), or off RTP by \`H264Depayloader\`, and compared byte for byte and picture by picture by \`@inband/media/probe\`. What H.264 forbids, and 60 000 bytes, go in clips of their own. Files go in as MP4, one sample an access unit; servers get them from FFmpeg's program and are read by it (\`-c copy\`), so what FFmpeg does to a container by itself is in the rows of FFmpeg. hls.js tells of messages and no bytes of pictures: those rows compare by time. Rows of transcoders are in the order of presentation: an encoder with B-frames hands messages over in another.

Versions: ${[...versions].filter((version) => version !== undefined).join(", ")}.
`;
}

const legend = `**kept**: every message came as it was, once, with its picture. **gone**: none came. **moved**: they came with another picture than theirs. **cut**, **changed**, **doubled**, **late**, **merged**: as they say, of all, or of as many as are named. Whoever reads MPEG-TS, a byte stream or RTP is part of the row: FFmpeg's parser gives what stands behind a slice to the next picture, hls.js does not. Boxes that did the same share a row. Pictures: **whole** are the bytes of all slices; **encoded again** are other bytes.`;

/** What was not there, and what failed twice. */
function notRun({ boxes, unavailable }: Findings): string {
  const failed = boxes.flatMap(({ box, crossings }) =>
    crossings.flatMap(({ clip, failure }) => {
      const [why] = failure?.split("\n") ?? [];
      return why === undefined ? [] : [[`${box.name}, the clip "${clip.name}"`, why.replaceAll("|", "/")]];
    }),
  );
  const rows = [...unavailable.map(({ name, reason }) => [name, reason]), ...failed];
  if (rows.length === 0) return "Nothing: every box and player of this page was there.";
  return markdownTable([["box", "why"], ...rows]);
}

/** Boxes that did the same share a row. */
function boxTable(columns: readonly Arrangement[], { boxes }: Findings): string {
  const names = new Map<string, string[]>();
  for (const { box, crossings } of boxes) {
    const outcomeOf = (column: Arrangement) =>
      crossings.find(({ outcomes }) => outcomes.has(column))?.outcomes.get(column);
    const mine = crossings.filter(({ clip }) => clip.arrangements.some((arrangement) => columns.includes(arrangement)));
    const cells = [...columns.map((column) => outcomeText(outcomeOf(column))), picturesText(mine)].join(" | ");
    names.set(cells, [...(names.get(cells) ?? []), box.name]);
  }
  const rows = [...names].map(([cells, together]) => [together.join("<br>"), cells]);
  return markdownTable([["through", ...columns.map(({ name }) => name), "pictures"], ...rows]);
}

function picturesText(crossings: readonly Crossing[]): string {
  const failures = crossings.flatMap(({ clip, failure }) => (failure === undefined ? [] : [`fails at "${clip.name}"`]));
  const worst = worstPictures(crossings.flatMap(({ pictures }) => pictures ?? []));
  const text = { none: "none", suffered: "suffered", "re-encoded": "encoded again", whole: "whole" }[worst];
  return [text, ...failures].join(", ");
}

function playerTable({ players }: Findings): string {
  const [first] = players;
  const clips = first?.showings.map(({ clip }) => clip.name) ?? [];
  const rows = players.map(({ player, showings }) => [player.name, ...showings.map(showingText), player.access]);
  return markdownTable([["player", ...clips, "an application gets"], ...rows]);
}
