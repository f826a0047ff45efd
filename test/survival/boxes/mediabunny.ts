import { MkvOutputFormat, Mp4OutputFormat, MpegTsOutputFormat, type OutputFormat } from "mediabunny";
import { versionOf } from "../../interop/version.ts";
import type { Box } from "../box.ts";
import { writeBy } from "../clip.ts";
import { readAccessUnits } from "../read-access-units.ts";

function mediabunnyBox(container: string, format: () => OutputFormat, output: string): Box {
  return {
    family: "mediabunny",
    name: `mediabunny to ${container}`,
    isBrought: true,
    reason: () => undefined,
    version: () => versionOf("mediabunny"),
    async run({ accessUnits }, _clipFile, file) {
      await writeBy(format(), accessUnits, file(output));
      return readAccessUnits(file(output));
    },
  };
}

/** The muxers of mediabunny; every clip reaches the other boxes in an MP4 file of it. */
export const mediabunnyBoxes: readonly Box[] = [
  mediabunnyBox("fragmented MP4", () => new Mp4OutputFormat({ fastStart: "fragmented" }), "out.mp4"),
  mediabunnyBox("MPEG-TS", () => new MpegTsOutputFormat(), "out.ts"),
  mediabunnyBox("Matroska", () => new MkvOutputFormat(), "out.mkv"),
];
