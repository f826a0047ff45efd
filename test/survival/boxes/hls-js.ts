import { buildSei, isVclNalUnit } from "@inband/h264";
import type { ReceivedAccessUnit } from "@inband/media/probe";
import type { Box } from "../box.ts";
import { chromiumReason, playerPage } from "../chromium-page.ts";
import type { Clip } from "../clip.ts";
import { ffmpegReason } from "../ffmpeg.ts";
import { type HlsSegments, hlsFiles, playlist } from "../hls-files.ts";
import type { HlsSample } from "../pages/player.ts";
import { hlsJsVersion } from "../players/pages.ts";

function hlsJsBox(name: string, segments: HlsSegments): Box {
  return {
    name,
    family: "hls.js",
    isBrought: true,
    reason: () => chromiumReason() ?? ffmpegReason(),
    version: hlsJsVersion,
    async run(clip, clipFile, file) {
      await using opened = await playerPage(await hlsFiles(clipFile, segments, file));
      const { samples } = await opened.page.evaluate((url) => globalThis.play("hls.js", url), playlist);
      return asAccessUnits(clip, samples);
    },
  };
}

/** The pictures of the clip, each with the messages that hls.js gave its time, which is all that it tells of pictures. */
function asAccessUnits({ accessUnits }: Clip, samples: readonly HlsSample[]): ReceivedAccessUnit[] {
  const begin = Math.min(...accessUnits.map(({ timestamp }) => timestamp));
  const times = accessUnits.map(({ timestamp }) => timestamp - begin);
  const sei = times.map((): Uint8Array[] => []);
  for (const { seconds, payloadType, bytes } of samples) {
    const off = times.map((time) => Math.abs(time - seconds * 1e6));
    sei[off.indexOf(Math.min(...off))]?.push(buildSei([{ payloadType, payload: Uint8Array.from(bytes) }]));
  }
  return accessUnits.map(({ nalUnits, timestamp }, index) => ({
    timestamp,
    nalUnits: [...(sei[index] ?? []), ...nalUnits.filter(isVclNalUnit)],
  }));
}

/** hls.js in Chromium: what its event FRAG_PARSING_USERDATA tells. */
export const hlsJsBoxes: readonly Box[] = [
  hlsJsBox("hls.js event, MPEG-TS", "mpegts"),
  hlsJsBox("hls.js event, fMP4", "fmp4"),
];
