import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

interface NalUnit {
  readonly data: Uint8Array;
  readonly type: number;
}

interface HlsModule {
  readonly AvcVideoParser: new () => {
    parseNALu(track: { samples: unknown[]; naluState: number }, bytes: Uint8Array, endOfSegment: boolean): NalUnit[];
  };
  parseSEIMessageFromNALu(nal: Uint8Array, headerSize: number, pts: number, samples: HlsSample[]): void;
}

/** What hls.js makes of a user_data_unregistered message. */
export interface HlsSample {
  readonly uuid: string;
  readonly userDataBytes: Uint8Array;
}

/** The name of the peer, with the installed version. */
export let hlsName = "hls.js";

/**
 * The SEI reading of hls.js: its `AvcVideoParser.parseNALu`, and its `parseSEIMessageFromNALu` for each NAL unit of
 * type 6, as its parsePES calls them. The installed ES module is loaded as it is, with one export line added
 * and without the reference to its source map.
 */
export async function loadHlsReader(): Promise<(bytes: Uint8Array) => HlsSample[]> {
  const require = createRequire(import.meta.url);
  const path = join(dirname(require.resolve("hls.js/package.json")), "dist/hls.mjs");
  hlsName = `hls.js ${require("hls.js/package.json").version}`;
  const folder = await mkdtemp(join(tmpdir(), "inband-peer-"));
  const file = join(folder, "hls.mjs");
  try {
    const text = (await readFile(path, "utf8")).replace(/^\/\/# sourceMappingURL=.*$/m, "");
    await writeFile(file, `${text}\nexport { AvcVideoParser, parseSEIMessageFromNALu };\n`);
    const hls = (await import(pathToFileURL(file).href)) as HlsModule;
    const parser = new hls.AvcVideoParser();
    return (bytes) => {
      const samples: HlsSample[] = [];
      for (const unit of parser.parseNALu({ samples: [], naluState: 0 }, bytes, false)) {
        if (unit.type === 6) hls.parseSEIMessageFromNALu(unit.data, 1, 0, samples);
      }
      return samples;
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
