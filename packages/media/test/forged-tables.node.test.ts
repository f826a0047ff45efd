import { writeFile } from "node:fs/promises";
import { openBitstream } from "@inband/media";
import { folder } from "@inband/rig/test-folder";
import { describe, expect, it } from "vitest";
import { isoMedia } from "./iso-media.ts";
import { configuration, pictures, samples } from "./pictures.ts";

const most = 0xffff_ffff;

/** Offsets behind the four characters of a box: version and flags take 4 bytes, a count 4 more. */
const forgeries: readonly [string, readonly [box: string, offset: number, value: number][]][] = [
  ["samples_per_chunk of 2^32-1", [["stsc", 12, most]]],
  [
    "samples_per_chunk of 2^32-1 in a chunk of 2^32-1",
    [
      ["stsc", 8, most],
      ["stsc", 12, most],
    ],
  ],
  [
    "samples_per_chunk of 2^32-1, and no sample",
    [
      ["stsc", 12, most],
      ["stsz", 8, 0],
    ],
  ],
  ["2^32-1 rows of chunks", [["stsc", 4, most]]],
  ["2^32-1 samples of one duration", [["stts", 8, most]]],
  [
    "2^32-1 samples of one size",
    [
      ["stsz", 4, 1],
      ["stsz", 8, most],
    ],
  ],
  ["2^32-1 chunks", [["stco", 4, most]]],
  ["2^32-1 sync samples", [["stss", 4, most]]],
];

describe("sample tables that announce more than the file holds", () => {
  it.for(forgeries)("are told of, and end: %s", async ([_name, changes], context) => {
    const path = await folder(context);
    const all = await pictures(128, 96, 10);
    const entry = { name: "avc1", configuration: configuration(all), width: 128, height: 96 };
    const file = isoMedia(
      [entry],
      samples(all).map((data) => ({ data })),
    );
    const view = Buffer.from(file.buffer, file.byteOffset, file.length);
    for (const [box, offset, value] of changes) view.writeUInt32BE(value, view.lastIndexOf(box) + 4 + offset);
    await writeFile(path("forged.mp4"), file);
    const bitstream = await openBitstream(path("forged.mp4"));
    let groups = 0;
    for await (const _group of bitstream) groups += 1;
    expect(groups).toBeLessThanOrEqual(10);
    expect(bitstream.findings.map(({ rule }) => rule)).toContain("sample-table");
  });
});
