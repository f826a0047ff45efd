/**
 * Makes the golden vectors of test/vectors anew with FFmpeg and GStreamer, and their manifest.json: for each file the
 * command that made it and what the foreign tools read in it. Nothing of inband is used.
 * `node test/oracles/make-vectors.ts`
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "@inband/rig/program";
import { extradata, traceHeaders } from "./ffmpeg.ts";
import { gstreamerDepay } from "./gstreamer.ts";

const encode = (frames: number): string =>
  `ffmpeg -v error -y -f lavfi -i testsrc2=size=64x48:rate=25 -frames:v ${frames} -c:v libx264 -threads 1`;
const hrd = "-b:v 60k -maxrate 60k -bufsize 60k";
const uuid = "086f3693-b7b3-4f2c-9653-21492feee5b8";
const message = (size: number): string => `h264_metadata=sei_user_data=${uuid}+$(printf 'x%.0s' $(seq ${size}))`;
const pay = (from: string, mode: string, mtu: number, to: string): string =>
  `gst-launch-1.0 -q filesrc location=${from} ! h264parse ! video/x-h264,stream-format=byte-stream,alignment=au ! ` +
  `rtph264pay aggregate-mode=${mode} mtu=${mtu} pt=96 ssrc=1 timestamp-offset=1000 seqnum-offset=65530 ! ` +
  `rtpstreampay ! filesink location=${to}`;

interface Recipe {
  readonly file: string;
  readonly format: "annexb" | "avcc" | "rtp";
  readonly exercises: string;
  readonly command: string;
}

const recipes: readonly Recipe[] = [
  {
    file: "slices.h264",
    format: "annexb",
    exercises: "three slices a picture, access unit delimiters, B-frames, two key frames",
    command: `${encode(8)} -g 4 -bf 2 -x264-params slices=3:aud=1 slices.h264`,
  },
  {
    file: "baseline.h264",
    format: "annexb",
    exercises: "one slice a picture, no delimiters",
    command: `${encode(6)} -profile:v baseline -g 3 baseline.h264`,
  },
  {
    file: "hrd.h264",
    format: "annexb",
    exercises: "buffering periods, picture timing, filler data",
    command: `${encode(8)} ${hrd} -g 4 -x264-params nal-hrd=cbr:force-cfr=1 hrd.h264`,
  },
  {
    file: "fields.h264",
    format: "annexb",
    exercises: "field macroblocks, picture timing",
    command: `${encode(6)} -g 3 -x264-params interlaced=1 fields.h264`,
  },
  {
    file: "refresh.h264",
    format: "annexb",
    exercises: "intra refresh with recovery points",
    command: `${encode(12)} -g 4 -x264-params intra-refresh=1 refresh.h264`,
  },
  {
    file: "display.h264",
    format: "annexb",
    exercises: "emulation prevention in SEI: mastering display, light level, frame packing",
    command: `${encode(4)} -x264-params "frame-packing=3:cll=1000,400:mastering-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)" display.h264`,
  },
  {
    file: "sizes.h264",
    format: "annexb",
    exercises: "many messages in one SEI NAL unit, of 1 to 4096 bytes beside the UUID; 3-byte start codes",
    command: `${encode(4)} -bsf:v "${[1, 16, 238, 239, 240, 254, 255, 256, 494, 510, 1024, 4096].map(message)}" sizes.h264`,
  },
  {
    file: "samples.avcc",
    format: "avcc",
    exercises: "samples of an mp4 file, and its avcC",
    command: `${encode(8)} -g 4 -bf 2 -x264-params slices=2 samples.mp4 && ffmpeg -v error -y -i samples.mp4 -map 0:v -c copy -f data samples.avcc`,
  },
  {
    file: "single.rtp",
    format: "rtp",
    exercises: "single NAL unit packets and FU-A, sequence numbers that wrap, framed as RFC 4571 says",
    command: pay("slices.h264", "none", 200, "single.rtp"),
  },
  {
    file: "stap.rtp",
    format: "rtp",
    exercises: "STAP-A up to the first slice, FU-A",
    command: pay("slices.h264", "zero-latency", 400, "stap.rtp"),
  },
  {
    file: "max-stap.rtp",
    format: "rtp",
    exercises: "STAP-A of whole pictures",
    command: pay("slices.h264", "max-stap", 1200, "max-stap.rtp"),
  },
  {
    file: "fragments.rtp",
    format: "rtp",
    exercises: "a SEI NAL unit of 8 kB in FU-A",
    command: pay("sizes.h264", "zero-latency", 1200, "fragments.rtp"),
  },
];

const firstLine = (program: string, option: string): string =>
  spawnSync(program, [option], { encoding: "utf8" }).stdout.split("\n")[0] ?? "";

async function streamOf(file: string): Promise<object> {
  const entries = "stream=profile,width,height,level,avg_frame_rate";
  const { stdout } = await runProgram("ffprobe", ["-v", "error", "-show_entries", entries, "-of", "json", file]);
  return JSON.parse(stdout).streams[0];
}

process.chdir(join(import.meta.dirname, "../vectors"));
const scratch = mkdtempSync(join(tmpdir(), "inband-vectors-"));
try {
  const vectors = [];
  for (const recipe of recipes) {
    await runProgram("bash", ["-c", recipe.command]);
    let readable = recipe.file;
    if (recipe.format === "avcc") readable = "samples.mp4";
    if (recipe.format === "rtp") {
      readable = join(scratch, "depayloaded.h264");
      await gstreamerDepay(recipe.file, readable);
    }
    const { packets, complaints } = await traceHeaders(readable);
    if (complaints.length > 0) throw new Error(`${recipe.file}: ${complaints.join("\n")}`);
    vectors.push({
      ...recipe,
      ...(recipe.format === "avcc" && { avcC: Buffer.from(await extradata(readable)).toString("hex") }),
      ...(recipe.format === "rtp" && {
        depayloadedSha256: createHash("sha256").update(readFileSync(readable)).digest("hex"),
      }),
      stream: await streamOf(readable),
      packets,
    });
  }
  rmSync("samples.mp4");
  const tools = [firstLine("ffmpeg", "-version"), firstLine("gst-launch-1.0", "--version")];
  writeFileSync("manifest.json", `${JSON.stringify({ madeWith: tools, vectors }, null, 1)}\n`);
  const total = recipes.reduce((sum, { file }) => sum + statSync(file).size, statSync("manifest.json").size);
  console.log(`${recipes.length} vectors, ${total} bytes with the manifest`);
} finally {
  rmSync(scratch, { recursive: true });
}
