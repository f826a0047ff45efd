import { writeFile } from "node:fs/promises";
import { type AccessUnit, joinAnnexB, NalUnitType } from "@inband/h264";
import { openSource } from "@inband/media";
import { decodeFrames } from "@inband/media/frames";
import { folder } from "@inband/rig/test-folder";
import { describe, expect, it } from "vitest";
import { pictures } from "./pictures.ts";
import { transportStreamOf } from "./transport-stream.ts";

const count = 30;
const delimiter = Uint8Array.of(NalUnitType.AccessUnitDelimiter, 0xf0);

async function videoOf(file: string): Promise<AccessUnit[]> {
  const video: AccessUnit[] = [];
  for await (const packet of await openSource(file)) if (packet.kind === "video") video.push(packet);
  return video;
}

describe("the times of pictures in MPEG-TS", () => {
  const frame = (index: number): number => 90_000 + index * 3600;

  it.for<[string, (index: number) => number | undefined]>([
    ["on every picture", frame],
    ["on every third picture", (index) => (index % 3 === 0 ? frame(index) : undefined)],
    ["on every fifth picture", (index) => (index % 5 === 0 ? frame(index) : undefined)],
    ["on some", (index) => (index % 7 < 2 ? frame(index) : undefined)],
    ["on the first alone", (index) => (index === 0 ? frame(index) : undefined)],
    ["from the fourth on", (index) => (index > 2 ? frame(index) : undefined)],
  ])("follow from the frame rate where a PTS stands %s", async ([_name, pts], context) => {
    const path = await folder(context);
    const { sps, pps, accessUnits } = await pictures(128, 96, count);
    const payloads = accessUnits.map((nalUnits, index) =>
      joinAnnexB([delimiter, ...(index % 5 === 0 ? [...sps, ...pps] : []), ...nalUnits]),
    );
    await writeFile(path("some.ts"), transportStreamOf(payloads, pts));
    const video = await videoOf(path("some.ts"));
    expect(video.map(({ timestamp }) => timestamp)).toEqual(accessUnits.map((_, index) => index * 40_000));
    expect(video.every(({ decodeTimestamp }) => decodeTimestamp === undefined)).toBe(true);
    const shown: number[] = [];
    for await (const { timestamp } of decodeFrames(await openSource(path("some.ts")))) shown.push(timestamp);
    expect(shown).toEqual(accessUnits.map((_, index) => index * 40_000));
  });

  it("rise where pictures come faster than their frame rate says", async (context) => {
    const path = await folder(context);
    const { sps, pps, accessUnits } = await pictures(128, 96, count);
    const payloads = accessUnits.map((nalUnits) => joinAnnexB([delimiter, ...sps, ...pps, ...nalUnits]));
    // Twice as fast: 20 ms.
    const pts = (index: number) => (index % 3 === 0 ? 90_000 + index * 1800 : undefined);
    await writeFile(path("fast.ts"), transportStreamOf(payloads, pts));
    const times = (await videoOf(path("fast.ts"))).map(({ timestamp }) => timestamp);
    expect(new Set(times.map((time) => Math.round((time * 9) / 100))).size).toBe(count);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.slice(6)).toEqual(accessUnits.slice(6).map((_, index) => (index + 6) * 20_000));
  });
});
