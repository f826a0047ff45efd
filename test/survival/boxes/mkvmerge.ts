import { isInstalled, runProgram } from "@inband/rig/program";
import type { Box } from "../box.ts";
import { missing, versionLine } from "../program-version.ts";
import { readAccessUnits } from "../read-access-units.ts";

/** The muxer of MKVToolNix. */
export const mkvmergeBox: Box = {
  name: "mkvmerge",
  family: "mkvmerge",
  reason: () => missing({ mkvmerge: isInstalled("mkvmerge", "--version") }),
  version: () => `MKVToolNix ${versionLine("mkvmerge", ["--version"], /v([\d.]+)/)}`,
  async run(_clip, clipFile, file) {
    await runProgram("mkvmerge", ["-q", "-o", file("out.mkv"), clipFile]);
    return readAccessUnits(file("out.mkv"));
  },
};
