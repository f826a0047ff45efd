import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type HlsModule, type HlsSample, hlsReader } from "./hls-reader.ts";

const require = createRequire(import.meta.url);

/** The name of the peer, with the installed version. */
export const hlsName = `hls.js ${require("hls.js/package.json").version}`;

/** The installed ES module as it is, with one export line added and without the reference to its source map. */
export async function hlsModuleText(): Promise<string> {
  const path = join(dirname(require.resolve("hls.js/package.json")), "dist/hls.mjs");
  const text = (await readFile(path, "utf8")).replace(/^\/\/# sourceMappingURL=.*$/m, "");
  return `${text}\nexport { AvcVideoParser, parseSEIMessageFromNALu };\n`;
}

/** The parts of hls.js that read SEI. */
export async function loadHlsModule(): Promise<HlsModule> {
  const folder = await mkdtemp(join(tmpdir(), "inband-peer-"));
  const file = join(folder, "hls.mjs");
  try {
    await writeFile(file, await hlsModuleText());
    return (await import(pathToFileURL(file).href)) as HlsModule;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The SEI reading of hls.js. */
export async function loadHlsReader(): Promise<(bytes: Uint8Array) => HlsSample[]> {
  return hlsReader(await loadHlsModule());
}
