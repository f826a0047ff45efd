import { writeFile } from "node:fs/promises";
import { type AccessUnit, joinAnnexB, NalUnitType, nalUnitType, parsePps, parseSps, splitAnnexB } from "@inband/h264";
import { openBitstream, openSource } from "@inband/media";
import { inspect } from "@inband/media/inspect";
import { decode, needsFfmpeg } from "@inband/rig/ffmpeg";
import { folder } from "@inband/rig/test-folder";
import { describe, expect, it, type TestContext } from "vitest";
import { isoMedia } from "./iso-media.ts";
import { configuration, flv, type Pictures, pictures, refreshedPictures, samples } from "./pictures.ts";

const count = 10;

async function videoOf(file: string): Promise<AccessUnit[]> {
  const video: AccessUnit[] = [];
  for await (const packet of await openSource(file)) if (packet.kind === "video") video.push(packet);
  return video;
}

/** The parameter sets of an access unit: "SPS 0 128x96", "PPS 1". */
function setsOf({ nalUnits }: AccessUnit): string[] {
  return nalUnits.flatMap((nal) => {
    if (nalUnitType(nal) === NalUnitType.Pps) return [`PPS ${parsePps(nal).id}`];
    if (nalUnitType(nal) !== NalUnitType.Sps) return [];
    const { id, width, height } = parseSps(nal);
    return [`SPS ${id} ${width}x${height}`];
  });
}

/** What FFmpeg makes of access units behind each other. */
async function decoded(context: TestContext, accessUnits: readonly AccessUnit[]): ReturnType<typeof decode> {
  const path = await folder(context);
  await writeFile(path("out.h264"), joinAnnexB(accessUnits.flatMap(({ nalUnits }) => nalUnits)));
  return decode(path("out.h264"));
}

/** Two videos in one MP4, each with a sample entry of its own. */
function twoEntries(first: Pictures, second: Pictures, firstLength: 2 | 4, name = "avc1"): Uint8Array {
  return isoMedia(
    [
      { name, configuration: configuration(first, firstLength), width: first.width, height: first.height },
      { name, configuration: configuration(second), width: second.width, height: second.height },
    ],
    [
      ...samples(first, firstLength).map((data, index) => ({ data, entry: 0, isSync: index % 5 === 0 })),
      ...samples(second).map((data, index) => ({ data, entry: 1, isSync: index % 5 === 0 })),
    ],
  );
}

describe("a container whose parameter sets change", () => {
  it("passes FLV with a second sequence header through so that every picture decodes", async (context) => {
    needsFfmpeg(context);
    const path = await folder(context);
    const first = await flv(path, await pictures(128, 96, count), 0);
    const second = await flv(path, await pictures(96, 96, count), count * 40);
    await writeFile(path("two.flv"), Buffer.concat([first, second.subarray(13)]));
    const video = await videoOf(path("two.flv"));
    expect(video).toHaveLength(2 * count);
    for (const [index, accessUnit] of video.entries()) {
      if (!accessUnit.isKeyFrame) continue;
      expect(setsOf(accessUnit)).toEqual([`SPS 0 ${index < count ? "128x96" : "96x96"}`, "PPS 0"]);
    }
    expect(await decoded(context, video)).toEqual({ pictures: 2 * count, errors: "" });
    expect(await inspect(path("two.flv"), { lint: true })).toMatchObject({ accessUnits: 2 * count, findings: [] });
  });

  it.for([2, 4] as const)(
    "reads MP4 with two sample entries, the first with lengths of %i bytes",
    async (firstLength, context) => {
      needsFfmpeg(context);
      const path = await folder(context);
      const [first, second] = [await pictures(128, 96, count), await pictures(96, 96, count)];
      await writeFile(path("two.mp4"), twoEntries(first, second, firstLength));
      const video = await videoOf(path("two.mp4"));
      expect(await decoded(context, video)).toEqual({ pictures: 2 * count, errors: "" });
      expect(video.filter(({ isKeyFrame }) => isKeyFrame).map(setsOf)).toEqual([
        ...[
          ["SPS 0 128x96", "PPS 0"],
          ["SPS 0 128x96", "PPS 0"],
        ],
        ...[
          ["SPS 0 96x96", "PPS 0"],
          ["SPS 0 96x96", "PPS 0"],
        ],
      ]);
      const report = await inspect(path("two.mp4"), { lint: true });
      expect(report).toMatchObject({ format: "mp4", accessUnits: 2 * count, findings: [] });
      const bitstream = await openBitstream(path("two.mp4"));
      const changes: unknown[] = [];
      for await (const { configuration } of bitstream) if (configuration) changes.push(configuration);
      expect(changes).toEqual([{ lengthSize: 4, parameterSets: [...second.sps, ...second.pps] }]);
    },
  );

  it("shows a new configuration at its first picture, key frame or not", async (context) => {
    needsFfmpeg(context);
    const path = await folder(context);
    const all = await pictures(128, 96, count);
    const rest = { ...all, accessUnits: all.accessUnits.slice(2) };
    await writeFile(path("late.mp4"), twoEntries({ ...all, accessUnits: all.accessUnits.slice(0, 2) }, rest, 4));
    const video = await videoOf(path("late.mp4"));
    expect(video.map((accessUnit) => setsOf(accessUnit).length)).toEqual([2, 0, 2, 0, 0, 2, 0, 0, 0, 0]);
  });

  it("reads samples with start codes behind a configuration that announces lengths", async (context) => {
    const path = await folder(context);
    const { sps, pps, accessUnits, width, height } = await pictures(128, 96, count);
    const entry = {
      name: "avc1",
      configuration: configuration({ sps, pps, accessUnits, width, height }),
      width,
      height,
    };
    const data = accessUnits.map((nalUnits) => ({ data: joinAnnexB(nalUnits) }));
    await writeFile(path("start-codes.mp4"), isoMedia([entry], data));
    const video = await videoOf(path("start-codes.mp4"));
    expect(video.map(({ nalUnits }) => nalUnits.filter((nal) => nalUnitType(nal) < 6))).toEqual(
      accessUnits.map((nalUnits) => nalUnits.filter((nal) => nalUnitType(nal) < 6)),
    );
  });
});

describe("parameter sets in front of key frames", () => {
  /** The same PPS under id 1: ue(v) 0 is the bit 1, and ue(v) 1 the bits 010 (ITU-T H.264 7.3.2.2, 9.1). */
  function underIdOne(pps: Uint8Array): Uint8Array {
    const bits = [...pps.subarray(1)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
    const moved = `010${bits.slice(1).replace(/0+$/, "")}`;
    return Uint8Array.of(
      0x68,
      ...(moved.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, "0"), 2)),
    );
  }

  it("are remembered by id, whichever came in band", async (context) => {
    const path = await folder(context);
    const all = await pictures(128, 96, count);
    const secondPps = underIdOne(all.pps[0] as Uint8Array);
    const accessUnits = all.accessUnits.map((nalUnits, index) => (index === 3 ? [secondPps, ...nalUnits] : nalUnits));
    const entry = { name: "avc3", configuration: configuration(all), width: 128, height: 96 };
    await writeFile(
      path("ids.mp4"),
      isoMedia(
        [entry],
        samples({ ...all, accessUnits }).map((data) => ({ data, isSync: false })),
      ),
    );
    const video = await videoOf(path("ids.mp4"));
    expect(parsePps(secondPps).id).toBe(1);
    expect(video.map(setsOf)).toEqual([
      ...[["SPS 0 128x96", "PPS 0"], [], [], ["PPS 1"], []],
      ...[["SPS 0 128x96", "PPS 0", "PPS 1"], [], [], [], []],
    ]);
  });

  it("stand behind an SPS that the key frame brings itself", async (context) => {
    const path = await folder(context);
    const all = await pictures(128, 96, count);
    const accessUnits = all.accessUnits.map((nalUnits, index) => (index === 5 ? [...all.sps, ...nalUnits] : nalUnits));
    const entry = { name: "avc3", configuration: configuration(all), width: 128, height: 96 };
    await writeFile(
      path("own.mp4"),
      isoMedia(
        [entry],
        samples({ ...all, accessUnits }).map((data) => ({ data, isSync: false })),
      ),
    );
    expect(setsOf((await videoOf(path("own.mp4")))[5] as AccessUnit)).toEqual(["SPS 0 128x96", "PPS 0"]);
  });

  it.for([true, false])("come with recovery points too, sync samples: %s", async (areSync, context) => {
    needsFfmpeg(context);
    const path = await folder(context);
    const all = await refreshedPictures(path, 40);
    expect(all.accessUnits.flat().some((nal) => nalUnitType(nal) === NalUnitType.SliceIdr)).toBe(false);
    const isRecovery = (index: number): boolean =>
      all.accessUnits[index]?.some((nal) => nalUnitType(nal) === NalUnitType.Sei && nal[1] === 6) ?? false;
    const entry = { name: "avc1", configuration: configuration(all), width: 128, height: 96 };
    const data = samples(all).map((data, index) => ({ data, isSync: areSync && isRecovery(index) }));
    await writeFile(path("refresh.mp4"), isoMedia([entry], data));
    const video = await videoOf(path("refresh.mp4"));
    const shown = video.flatMap((accessUnit, index) => (setsOf(accessUnit).length === 2 ? [index] : []));
    const recoveries = video.flatMap((_, index) => (index === 0 || isRecovery(index) ? [index] : []));
    expect(recoveries.length).toBeGreaterThan(2);
    expect(shown).toEqual(recoveries);
    // Who joins at any of them has pictures.
    const { pictures: shownPictures } = await decoded(context, video.slice(recoveries[2]));
    expect(shownPictures).toBeGreaterThan(0);
  });

  it("are those of the byte stream where it has no container", async (context) => {
    const path = await folder(context);
    const { sps, pps, accessUnits } = await pictures(128, 96, count);
    await writeFile(path("plain.h264"), joinAnnexB([...sps, ...pps, ...accessUnits.flat()]));
    const video = await videoOf(path("plain.h264"));
    expect(video.map(setsOf)[5]).toEqual(["SPS 0 128x96", "PPS 0"]);
    expect(splitAnnexB(joinAnnexB(video[5]?.nalUnits ?? []))).toHaveLength((accessUnits[5]?.length ?? 0) + 2);
  });
});
