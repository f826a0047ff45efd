import { spawnSync } from "node:child_process";
import { isInstalled, runProgram } from "@inband/rig/program";
import type { Box } from "../box.ts";
import { missing, versionLine } from "../program-version.ts";
import { readAccessUnits } from "../read-access-units.ts";

function gstreamerBox(family: string, name: string, output: string, ...elements: string[]): Box {
  const named = ["qtdemux", ...elements].filter((element) => /^\w+$/.test(element) && element !== "!");
  return {
    family,
    name: `${family} ${name}`,
    reason: () =>
      missing({
        "gst-launch-1.0": isInstalled("gst-launch-1.0", "--version"),
        ...Object.fromEntries(
          named.map((element) => [element, spawnSync("gst-inspect-1.0", ["--exists", element]).status === 0]),
        ),
      }),
    version: () => `GStreamer ${versionLine("gst-launch-1.0", ["--version"], /GStreamer ([\d.]+)/)}`,
    async run(_clip, clipFile, file) {
      const source = ["filesrc", `location=${clipFile}`, "!", "qtdemux", "!"];
      const sink = ["!", "filesink", `location=${file(output)}`];
      await runProgram("gst-launch-1.0", ["-q", ...source, ...elements, ...sink]);
      return readAccessUnits(file(output));
    },
  };
}

const byteStream = "video/x-h264,stream-format=byte-stream,alignment=au";

/** GStreamer's parser, alone and in front of each muxer, and its RTP payloader. */
export const gstreamerBoxes: readonly Box[] = [
  gstreamerBox("GStreamer", "h264parse", "out.h264", "h264parse", "!", byteStream),
  gstreamerBox("GStreamer", "mp4mux", "out.mp4", "h264parse", "!", "mp4mux"),
  gstreamerBox("GStreamer", "flvmux", "out.flv", "h264parse", "!", "flvmux"),
  gstreamerBox("GStreamer", "mpegtsmux", "out.ts", "h264parse", "!", "mpegtsmux"),
  gstreamerBox("GStreamer", "rtph264pay, rtph264depay", "out.h264", "rtph264pay", "!", "rtph264depay", "!", byteStream),
  gstreamerBox(
    "GStreamer transcode",
    "by x264enc",
    "out.mp4",
    "avdec_h264",
    "!",
    "x264enc",
    "!",
    "h264parse",
    "!",
    "mp4mux",
  ),
];
