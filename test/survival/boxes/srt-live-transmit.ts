import { isInstalled } from "@inband/rig/program";
import { freePort, startProgram } from "@inband/rig/started-program";
import type { Box } from "../box.ts";
import { ffmpegReason, push, readerEnds, record } from "../ffmpeg.ts";
import { missing, versionLine } from "../program-version.ts";
import { readAccessUnits } from "../read-access-units.ts";
import { settle } from "../settle.ts";

/** The relay of libsrt, between FFmpeg's SRT and FFmpeg's SRT. */
export const srtLiveTransmitBox: Box = {
  name: "srt-live-transmit, MPEG-TS over SRT",
  family: "srt-live-transmit",
  reason: () => ffmpegReason() ?? missing({ "srt-live-transmit": isInstalled("srt-live-transmit", "-version") }),
  version: () => `srt-live-transmit ${versionLine("srt-live-transmit", ["-version"], /version: ([\d.]+)/)}`,
  async run(_clip, clipFile, file) {
    const [from, to] = [await freePort(), await freePort()];
    const url = (port: number, mode: string) => `srt://127.0.0.1:${port}?mode=${mode}`;
    await using relay = startProgram("srt-live-transmit", ["-q", url(from, "listener"), url(to, "listener")]);
    await relay.bindsUdp(from);
    await relay.bindsUdp(to);
    await using reader = record(["-i", url(to, "caller")], file("out.mkv"));
    await settle();
    await using publisher = push(clipFile, ["-f", "mpegts", `${url(from, "caller")}&pkt_size=1316`]);
    await publisher.ended;
    await settle();
    await relay.stop();
    await readerEnds(reader);
    return readAccessUnits(file("out.mkv"));
  },
};
