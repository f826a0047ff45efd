import { join } from "node:path";
import type { Box } from "../box.ts";
import { readAccessUnits } from "../read-access-units.ts";
import { startVlc, vlcReason, vlcVersion } from "../vlc.ts";

function vlcBox(family: string, name: string, mux: string, chain = ""): Box {
  return {
    name: `${family} ${name}`,
    family,
    reason: vlcReason,
    version: vlcVersion,
    async run(_clip, clipFile, file) {
      const folder = file("vlc");
      const out = join(folder, `out.${mux}`);
      const sout = `--sout=#${chain}std{access=file,mux=${mux},dst=${out}}`;
      await using vlc = await startVlc(clipFile, folder, ["-I", "dummy", sout, "--play-and-exit"]);
      await vlc.ended;
      return readAccessUnits(out);
    },
  };
}

/** VLC's stream output. */
export const vlcBoxes: readonly Box[] = [
  vlcBox("VLC stream output", "to MPEG-TS", "ts"),
  vlcBox("VLC stream output", "to MP4", "mp4"),
  vlcBox("VLC transcode", "by x264", "mp4", "transcode{vcodec=h264}:"),
];
