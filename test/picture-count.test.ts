import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { inspect } from "@inband/media/inspect";
import { expect, it } from "vitest";

const run = promisify(execFile);
const folder = process.env.INBAND_CORPUS ?? "";
const manifest = join(folder, "manifest.json");
const isThere = folder !== "" && existsSync(manifest);
const files: readonly { readonly file: string }[] = isThere ? JSON.parse(readFileSync(manifest, "utf8")) : [];

/** How many packets of H.264 FFmpeg finds in a file, each a picture; undefined where it cannot read it. */
async function picturesOf(path: string): Promise<number | undefined> {
  const options = ["-v", "error", "-count_packets", "-select_streams", "v:0"];
  const entries = ["-show_entries", "stream=codec_name,nb_read_packets", "-of", "json"];
  const { stdout } = await run("ffprobe", [...options, ...entries, path]).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code !== "ENOENT") return { stdout: "{}" };
    throw error;
  });
  const { streams = [] } = JSON.parse(stdout) as {
    streams?: readonly { readonly codec_name: string; readonly nb_read_packets?: string }[];
  };
  const [video] = streams;
  return video?.codec_name !== "h264" || video.nb_read_packets === undefined
    ? undefined
    : Number(video.nb_read_packets);
}

it("inspect counts the pictures that FFmpeg counts in every file of the corpus, or says why not", {
  timeout: 300_000,
}, async ({ skip }) => {
  skip(!isThere, "INBAND_CORPUS names no folder with a manifest.json");
  const hasFfprobe = await run("ffprobe", ["-version"]).then(
    () => true,
    () => false,
  );
  skip(!hasFfprobe, "ffprobe is not installed");
  const silent: string[] = [];
  let compared = 0;
  for (const { file } of files) {
    const path = join(folder, file);
    const pictures = await picturesOf(path);
    if (pictures === undefined) continue;
    compared += 1;
    const { accessUnits, findings } = await inspect(path);
    const isSaid = findings.some(({ severity }) => severity === "error");
    if (accessUnits !== pictures && !isSaid) silent.push(`${file}: ${accessUnits} of ${pictures}`);
  }
  expect(silent).toEqual([]);
  expect(compared).toBeGreaterThan(0);
});
