import { openSink } from "@inband/media";
import { versionOf } from "../../interop/version.ts";
import type { Box } from "../box.ts";
import { readAccessUnits } from "../read-access-units.ts";

/** What `openSink` writes into files, by extension. */
const containers = { mp4: "MP4", flv: "FLV", ts: "MPEG-TS", mkv: "Matroska", h264: "a byte stream" } as const;

/** `openSink` of this repository. */
export const inbandBoxes: readonly Box[] = Object.entries(containers).map(([extension, container]) => ({
  family: "inband",
  name: `inband openSink to ${container}`,
  isBrought: true,
  reason: () => undefined,
  version: () => `FFmpeg in ${versionOf("node-av")}`,
  async run({ accessUnits }, _clipFile, file) {
    const path = file(`out.${extension}`);
    await using sink = await openSink(path);
    for (const accessUnit of accessUnits) sink.write(accessUnit);
    await sink.finish();
    return readAccessUnits(path);
  },
}));
