import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { joinAnnexB } from "@inband/h264";
import { isoMedia } from "../../../packages/media/test/iso-media.ts";
import { matroska } from "../../../packages/media/test/matroska.ts";
import { configuration, pictures, samples } from "../../../packages/media/test/pictures.ts";
import { transportStream } from "../../../packages/media/test/transport-stream.ts";

/** A whole container to be mutated. */
export interface SeedContainer {
  /** Without the dot. */
  readonly extension: string;
  readonly bytes: Uint8Array;
}

/** Many mutations of a small file reach more of a container than few of a large one. */
const largestBytes = 1 << 20;
const extensions = new Set([".mp4", ".mov", ".m4v", ".ts", ".mkv", ".webm", ".flv"]);

/** One small container of each kind, and those of the folder that INBAND_CORPUS names. */
export async function seedContainers(corpus = process.env.INBAND_CORPUS): Promise<SeedContainer[]> {
  const all = await pictures(128, 96, 10);
  const { sps, pps, accessUnits, width, height } = all;
  const record = configuration(all);
  const entry = { name: "avc1", configuration: record, width, height };
  const track = { codecId: "V_MPEG4/ISO/AVC", codecPrivate: record, width, height };
  const made = [
    {
      extension: "mp4",
      bytes: isoMedia(
        [entry],
        samples(all).map((data) => ({ data })),
      ),
    },
    { extension: "mkv", bytes: matroska(track, samples(all)) },
    { extension: "ts", bytes: transportStream(joinAnnexB([...sps, ...pps, ...accessUnits.flat()]), 600) },
    { extension: "flv", bytes: flv(record, samples(all)) },
  ];
  if (corpus === undefined || corpus === "") return made;
  const found = readdirSync(corpus, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => join(corpus, name))
    .filter((path) => extensions.has(extname(path)) && statSync(path).size <= largestBytes)
    .map((path) => ({ extension: extname(path).slice(1), bytes: new Uint8Array(readFileSync(path)) }));
  return [...made, ...found];
}

/** A FLV file of one video track at 25 pictures a second: a sequence header, then a tag for each sample. */
function flv(record: Uint8Array, data: readonly Uint8Array[]): Uint8Array {
  const parts = [Buffer.from([0x46, 0x4c, 0x56, 1, 1, 0, 0, 0, 9, 0, 0, 0, 0])];
  const tag = (kind: number, timeMs: number, content: Uint8Array): void => {
    const head = Buffer.alloc(11 + 5);
    head[0] = 9;
    head.writeUIntBE(content.length + 5, 1, 3);
    head.writeUIntBE(timeMs, 4, 3);
    head.set([kind === 0 || timeMs === 0 ? 0x17 : 0x27, kind], 11);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(head.length + content.length);
    parts.push(head, Buffer.from(content), size);
  };
  tag(0, 0, record);
  for (const [index, sample] of data.entries()) tag(1, index * 40, sample);
  return new Uint8Array(Buffer.concat(parts));
}
