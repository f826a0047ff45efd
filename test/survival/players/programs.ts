import { setTimeout as sleep } from "node:timers/promises";
import { decode } from "@inband/rig/ffmpeg";
import { ffmpegReason, ffmpegVersion } from "../ffmpeg.ts";
import type { Player } from "../player.ts";
import { startVlc, vlcReason, vlcVersion } from "../vlc.ts";

const askEveryMs = 300;
/** The clip is over when VLC has decoded nothing more for so many questions. */
const quietTimes = 5;

/** Players without a browser. */
export const programPlayers: readonly Player[] = [
  {
    name: "FFmpeg's decoder",
    reason: ffmpegReason,
    version: ffmpegVersion,
    access: "messages of type 5, as side data of each decoded picture",
    async play(_accessUnits, clipFile) {
      const { pictures, errors } = await decode(clipFile);
      return { pictures, errors: errors === "" ? [] : errors.split("\n") };
    },
  },
  {
    name: "VLC, MP4 file",
    reason: vlcReason,
    version: vlcVersion,
    access: "nothing",
    async play(_accessUnits, clipFile, file) {
      const control = ["-I", "oldrc", "--rc-fake-tty", "--vout", "dummy", "--play-and-pause"];
      await using vlc = await startVlc(clipFile, file("vlc"), control);
      const count = (name: string) =>
        Number([...vlc.said.matchAll(new RegExp(`${name}\\s*:\\s*(\\d+)`, "g"))].at(-1)?.[1] ?? 0);
      let isOver = false;
      void vlc.ended.then(() => {
        isOver = true;
      });
      for (let same = 0, before = 0; same < quietTimes && !isOver; before = count("video decoded")) {
        vlc.tell("stats\n");
        await sleep(askEveryMs);
        same = count("video decoded") === before && before > 0 ? same + 1 : 0;
      }
      vlc.tell("quit\n");
      await vlc.ended;
      // It counts each twice. What it shows of them too late depends on what else the machine does.
      return { pictures: Math.floor(count("video decoded") / 2), errors: [] };
    },
  },
];
