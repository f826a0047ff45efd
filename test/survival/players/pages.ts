import { readFile } from "node:fs/promises";
import { joinAnnexB } from "@inband/h264";
import { versionOf } from "../../interop/version.ts";
import { chromiumReason, playerPage } from "../chromium-page.ts";
import { ffmpegReason } from "../ffmpeg.ts";
import { type HlsSegments, hlsFiles, playlist } from "../hls-files.ts";
import type { PagePlayback } from "../pages/player.ts";
import type { Playback, Player } from "../player.ts";

/** hls.js, with its version. */
export const hlsJsVersion = (): string => versionOf("hls.js");

/** Pictures that a page may not be told of, though nothing froze: those that a busy machine skips. */
const longestPause = 0.5;

function judged({ decoded, errors, longestGap }: PagePlayback): Playback {
  const froze = longestGap > longestPause ? [`no picture for ${longestGap.toFixed(1)} s`] : [];
  return { pictures: decoded, errors: [...errors, ...froze] };
}

function hlsPlayer(how: "hls.js" | "shaka-player", segments: HlsSegments, player: Omit<Player, "play">): Player {
  return {
    ...player,
    isBrought: true,
    async play(_accessUnits, clipFile, file) {
      await using opened = await playerPage(await hlsFiles(clipFile, segments, file));
      const played = await opened.page.evaluate(([how, url]) => globalThis.play(how, url), [how, playlist] as const);
      return judged(played);
    },
  };
}

const hlsJs = {
  reason: () => chromiumReason() ?? ffmpegReason(),
  version: hlsJsVersion,
  access: "messages of type 5, by the event FRAG_PARSING_USERDATA",
};
const shaka = {
  reason: () => chromiumReason() ?? ffmpegReason(),
  version: () => versionOf("shaka-player"),
  access: "no message; the bytes of the segments, by a response filter of its networking engine",
};

/** Players in Chromium. */
export const pagePlayers: readonly Player[] = [
  {
    name: "Chromium, MP4 file",
    isBrought: true,
    reason: chromiumReason,
    version: () => undefined,
    access: "nothing: a page must read the file itself",
    async play(_accessUnits, clipFile) {
      await using opened = await playerPage(new Map([["clip.mp4", await readFile(clipFile)]]));
      return judged(await opened.page.evaluate(() => globalThis.play("file", "clip.mp4")));
    },
  },
  {
    name: "Chromium, WebCodecs",
    isBrought: true,
    reason: chromiumReason,
    version: () => undefined,
    access: "everything: the page has the access units before it decodes them",
    async play(accessUnits) {
      await using opened = await playerPage();
      const chunks = accessUnits.map(({ nalUnits, isKeyFrame, timestamp }) => ({
        base64: Buffer.from(joinAnnexB(nalUnits)).toString("base64"),
        ...{ isKeyFrame, timestamp },
      }));
      const { decoded, errors } = await opened.page.evaluate((chunks) => globalThis.decode(chunks), chunks);
      return { pictures: decoded, errors };
    },
  },
  hlsPlayer("hls.js", "mpegts", { ...hlsJs, name: "hls.js, MPEG-TS" }),
  hlsPlayer("hls.js", "fmp4", { ...hlsJs, name: "hls.js, fMP4" }),
  hlsPlayer("shaka-player", "mpegts", { ...shaka, name: "shaka-player, HLS of MPEG-TS" }),
  hlsPlayer("shaka-player", "fmp4", { ...shaka, name: "shaka-player, HLS of fMP4" }),
];
