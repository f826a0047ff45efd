import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripSei } from "@inband/h264";
import { judge } from "@inband/media/probe";
import { sharedChromium } from "@inband/rig/chromium/test-page";
import { hangMs } from "@inband/rig/hang";
import { root } from "@inband/rig/repository";
import { beforeAll, describe, expect, it } from "vitest";
import { legalArrangements, sizes } from "./arrangement.ts";
import type { Box } from "./box.ts";
import { boxes } from "./boxes.ts";
import { chromiumReason } from "./chromium-page.ts";
import { type Clip, clipPlans, makeClip } from "./clip.ts";
import { type Crossing, cross } from "./crossing.ts";
import { outcomeText } from "./outcome.ts";
import type { Player } from "./player.ts";
import { players } from "./players.ts";
import { survivalText } from "./report.ts";
import { type Showing, show } from "./showing.ts";

/** `npm run survival` sends every clip through every box, and writes docs/survival.md. */
const isWhole = process.env.INBAND_SURVIVAL === "whole";
const probeId = "surviv";
const plans = isWhole ? clipPlans : [{ name: "allowed", arrangements: [...legalArrangements, ...sizes] }];
const times = isWhole ? 5 : 1;

/**
 * The short form: what takes little time, one of each kind, and what is known of it, which would be news if it changed. The
 * others are written down as they are.
 */
const expected: Readonly<Record<string, (column: string) => string>> = {
  "inband stage, WHIP to WHEP": () => "kept",
  "inband openSink to MP4": () => "kept",
  "inband openSink to MPEG-TS": () => "kept",
  "node-media-server, RTMP to RTMP": () => "kept",
  "FFmpeg copy to MP4": () => "kept",
  "FFmpeg copy to MPEG-TS": () => "kept",
  "FFmpeg transcode": () => "gone",
  "FFmpeg transcode with -udu_sei 1": (column) => (column.startsWith("type ") ? "gone" : "kept"),
  "GStreamer mp4mux": () => "kept",
  // It reads type 5 alone, and no message without a byte behind its UUID.
  "hls.js event, fMP4": (column) => (column.startsWith("type ") || column === "16" ? "gone" : "kept"),
};

let clips: Clip[] = [];
beforeAll(async () => {
  clips = [];
  for (const plan of plans) clips.push(await makeClip(plan, probeId, times));
}, hangMs);

const quickPlayers = ["Chromium, WebCodecs", "FFmpeg's decoder"];
const ofRun = <T extends { readonly name: string }>(all: readonly T[], short: readonly string[]): readonly T[] =>
  isWhole ? all : all.filter(({ name }) => short.includes(name));
const boxesOfRun = ofRun(boxes, Object.keys(expected));
const playersOfRun = ofRun(players, quickPlayers);

const crossed = new Map<Box, Crossing[]>();
const shown = new Map<Player, Showing[]>();
const unavailable: { name: string; reason: string }[] = [];

describe.concurrent("what survives", () => {
  it.for(boxesOfRun)("$name", async (box, { skip, expect }) => {
    const reason = box.reason();
    if (reason !== undefined) {
      unavailable.push({ name: box.name, reason });
      skip(`unavailable: ${reason}`);
    }
    const crossings = [];
    for (const clip of clips) crossings.push(await cross(box, clip));
    crossed.set(box, crossings);
    const fate = expected[box.name];
    if (fate === undefined) return;
    expect(crossings.flatMap(({ failure }) => failure ?? [])).toEqual([]);
    const told = new Map(crossings.flatMap(({ outcomes }) => [...outcomes]));
    for (const column of [...legalArrangements, ...sizes]) {
      expect(`${column.name}: ${outcomeText(told.get(column))}`).toBe(`${column.name}: ${fate(column.name)}`);
    }
  });
});

(isWhole ? describe : describe.concurrent)("what plays on", () => {
  it.for(playersOfRun)("$name", async (player, { skip, expect }) => {
    const reason = player.reason();
    if (reason !== undefined) {
      unavailable.push({ name: player.name, reason });
      skip(`unavailable: ${reason}`);
    }
    const showings = [];
    for (const clip of clips) showings.push(await show(player, clip));
    shown.set(player, showings);
    for (const { bare } of showings) expect(bare.pictures).toBeGreaterThan(0);
    if (!isWhole) for (const { played, bare } of showings) expect(played).toEqual(bare);
  });
});

it("stripSei takes every message away again, and leaves the pictures as they are", () => {
  for (const clip of clips) {
    const stripped = clip.accessUnits.map((accessUnit) => stripSei(accessUnit, () => true));
    const { counts, pictures } = judge(clip.probe, stripped, { expect: "all" });
    expect(counts.stripped).toBe(counts.sent);
    expect(pictures.outcome).toBe("whole");
  }
});

it("tells in five lines what it means, and of each box and player in a row", async () => {
  const browser = chromiumReason() === undefined ? `Chromium ${(await sharedChromium()).version()}` : undefined;
  const text = survivalText({
    boxes: boxesOfRun.flatMap((box) => {
      const crossings = crossed.get(box);
      return crossings === undefined ? [] : [{ box, crossings }];
    }),
    players: playersOfRun.flatMap((player) => {
      const showings = shown.get(player);
      return showings === undefined ? [] : [{ player, showings }];
    }),
    unavailable,
    browser,
  });
  expect(text.match(/^- \*\*/gm)).toHaveLength(5);
  // A run that is filtered has not seen all of them, and writes nothing.
  const cells = text.split(/\| | \||<br>/);
  for (const { name } of [...boxesOfRun, ...playersOfRun]) expect(cells).toContain(name);
  if (isWhole) await writeFile(join(root, "docs/survival.md"), text);
});
