import { resolve } from "node:path";
import type { AccessUnit } from "@inband/h264";
import { openPage } from "@inband/rig/chromium/test-page";
import { hangMs } from "@inband/rig/hang";
import { CmafOutputFormat, MpegTsOutputFormat } from "mediabunny";
import { beforeAll, describe, expect, it, vi } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { numberIn } from "./burnt-number.ts";
import { hlsFiles, numberedAccessUnits } from "./hls-segments.ts";

const frames = 120;
const every = 6;
const pictures = Array.from({ length: frames / every }, (_, index) => index * every);

let units: AccessUnit[];

beforeAll(async () => {
  units = await numberedAccessUnits(frames, every);
});

/** Both ends of the range of the peer dependency. */
const players = [
  ["hls.js", manifest.devDependencies["hls.js"]],
  ["hls.js-oldest", manifest.devDependencies["hls.js-oldest"].replace("npm:hls.js@", "")],
] as const;

describe.each(
  players.flatMap(([name, version]) => [
    ["MPEG-TS", version, name, new MpegTsOutputFormat()] as const,
    ["fMP4", version, name, new CmafOutputFormat()] as const,
  ]),
)("HLS in %s segments, played by hls.js %s in Chromium", (_format, _version, player, format) => {
  it("hands each message over once, and presents it on its frame, and again after seeking back", async () => {
    const files = await hlsFiles(units, format);
    const alias = { "hls.js": player };
    const page = await openPage(resolve(import.meta.dirname, "pages/hls.ts"), { files, alias });
    const state = () => page.evaluate(() => globalThis.hlsState());

    await page.evaluate((url) => globalThis.playHls(url), `${page.url()}main.m3u8`);
    const last = pictures.at(-1);
    const isAtEnd = async () => (await state()).presentations.at(-1)?.picture === last;
    const progress = async () => {
      const { presentations, errors, isEnded } = await state();
      return { picture: presentations.at(-1)?.picture, errors, isEnded };
    };
    await expect
      .poll(progress, { timeout: hangMs, interval: 100 })
      .toEqual({ picture: last, errors: [], isEnded: expect.any(Boolean) });
    const played = await state();
    expect(played.messages).toEqual(pictures);
    expect(played.accessUnits).toBe(units.length);
    expect(played.presentations.map(({ picture }) => picture)).toEqual(pictures);
    expect(played.presentations.every(({ presented }) => presented)).toBe(true);
    for (const { picture, shown } of played.presentations) {
      // Where the machine is slow the video skips frames, and is at the next one that it tells of before a page has drawn
      // the one that it was told of.
      const index = played.frames.findIndex((frame) => frame >= picture);
      const first = played.frames[index] ?? Number.NaN;
      const next = played.frames[index + 1] ?? first;
      expect(numberIn(shown), `on picture ${picture}`).toBeGreaterThanOrEqual(first - 1);
      expect(numberIn(shown), `on picture ${picture}`).toBeLessThanOrEqual(next + 1);
    }

    await page.evaluate(() => globalThis.seekHls(1));
    await vi.waitUntil(async () => !(await isAtEnd()), { timeout: hangMs, interval: 20 });
    await vi.waitUntil(isAtEnd, { timeout: hangMs, interval: 100 });
    const again = await state();
    expect(again.messages).toEqual(pictures);
    const second = again.presentations.slice(pictures.length).map(({ picture }) => picture);
    // Where the machine is slow the first picture that is seen after seeking is not the one that was sought.
    const seen = again.frames.find((frame, index) => frame < (again.frames[index - 1] ?? 0));
    expect(second[0]).toBeGreaterThanOrEqual(24);
    expect(second[0]).toBeLessThanOrEqual((seen ?? Number.NaN) + every);
    expect(second).toEqual(pictures.filter((picture) => picture >= (second[0] ?? 0)));
  });
});
