import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, it } from "vitest";

/** The modules that end up in a browser bundle of a program. */
async function bundle(contents: string): Promise<string[]> {
  const { metafile } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "browser",
    conditions: ["@inband/source"],
    outfile: "out.js",
    logLevel: "silent",
  });
  const [output] = Object.values(metafile.outputs);
  return Object.entries(output?.inputs ?? {})
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path);
}

it("bundles neither msgpackr nor anything that encodes for those who only decode", async () => {
  const modules = await bundle(
    `import { decodeEnvelope, decodeValue, inband, ivs, isEnvelope, messageIdTimeMs } from "@inband/wire";
     globalThis.used = [decodeEnvelope, decodeValue, inband, ivs, isEnvelope, messageIdTimeMs];`,
  );
  expect(modules.filter((path) => path.includes("msgpackr"))).toEqual([]);
  expect(modules.filter((path) => /encode-|check-value/.test(path))).toEqual([]);
});

it("bundles the packer for those who encode, so the test above can tell", async () => {
  const modules = await bundle(`import { encodeMessage } from "@inband/wire"; globalThis.used = encodeMessage;`);
  expect(modules.some((path) => path.endsWith("msgpackr/pack.js"))).toBe(true);
});
