/**
 * Posts messages into video that FFmpeg's WHIP muxer sends, as OBS does, or GStreamer: each must be on the next picture, once, and the video
 * must be as it is without them.
 *
 * `npm run posted -- [--messages N] [--rate N] [--encoder NAME]`
 *
 * @module
 */
import { loadavg } from "node:os";
import { commandOptions } from "../../scripts/command-options.ts";
import { runPosted } from "./run.ts";

const usage = `npm run posted -- [--messages N] [--rate N] [--encoder NAME]

  --messages N    how many, 10000 by default
  --rate N        how many in a second, 60 by default
  --encoder NAME  ffmpeg (by default) or gstreamer`;
const values = commandOptions(usage, {
  messages: { type: "string", default: "10000" },
  rate: { type: "string", default: "60" },
  encoder: { type: "string", default: "ffmpeg" },
});
const messages = Number(values.messages);
const rate = Number(values.rate);
if (!(messages >= 100) || !(rate >= 1 && rate <= 200)) {
  console.error("--messages takes a number of 100 or more, --rate one from 1 to 200");
  process.exit(2);
}

const { encoder } = values;
if (encoder !== "ffmpeg" && encoder !== "gstreamer") {
  console.error("--encoder takes ffmpeg or gstreamer");
  process.exit(2);
}

/** What may be added to the latency of the video, and what a reader without video may cost. */
const goals = { addedMs: 2, shareOfBytes: 0.02 } as const;

console.log(
  `${messages} messages, ${rate} a second, into video of ${encoder}; load ${loadavg()[0]?.toFixed(2)} at the start`,
);
const result = await runPosted({ messages, perSecond: rate, encoder, progress: (line) => console.log(line) });
const mean = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
const p95s = { without: result.without.map(({ p95 }) => p95), with: result.with.map(({ p95 }) => p95) };
const added = mean(p95s.with) - mean(p95s.without);
const noise = Math.max(...Object.values(p95s).map((values) => Math.max(...values) - Math.min(...values)));
const lines: [string, string, boolean][] = [
  ["posted", `${result.posted}, ${result.refused} refused`, result.refused === 0],
  [
    "on the next picture",
    `${result.onNextFrame}, the latest ${result.mostFramesLate} pictures later`,
    result.onNextFrame === result.posted,
  ],
  ["received", `${result.received}, ${result.twice} twice`, result.received === result.posted && result.twice === 0],
  [
    "decoded otherwise",
    `${result.differentPictures} of ${result.pictures} pictures`,
    result.differentPictures === 0 && result.pictures > 0,
  ],
  [
    "added latency, p95",
    `${added.toFixed(2)} ms (an arm differs from itself by up to ${noise.toFixed(2)} ms)`,
    added <= goals.addedMs,
  ],
  [
    "reader without video",
    `${(100 * result.shareOfBytes).toFixed(2)} % of the video's bytes at 10 messages a second, ${result.bytesPerMessage.toFixed(0)} bytes each`,
    result.shareOfBytes <= goals.shareOfBytes,
  ],
  ["same ids, same order", String(result.isSameOrder), result.isSameOrder],
  ["errors", result.errors.join(", ") || "none", result.errors.length === 0],
];
for (const [what, figure, isMet] of lines) console.log(`${what.padEnd(22)}${figure}${isMet ? "" : "  NOT MET"}`);
if (lines.some(([, , isMet]) => !isMet)) process.exitCode = 1;
