import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { inspect } from "@inband/media/inspect";
import { corpusFiles, corpusPath, needsCorpus } from "@inband/rig/corpus";
import { needsFfmpeg } from "@inband/rig/ffmpeg";
import { expect, it } from "vitest";

const run = promisify(execFile);
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

it("inspect counts the pictures that FFmpeg counts in every file of the corpus, or says why not", async (context) => {
  needsCorpus(context);
  needsFfmpeg(context);
  const silent: string[] = [];
  let compared = 0;
  for (const { file } of corpusFiles) {
    const path = corpusPath(file);
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
