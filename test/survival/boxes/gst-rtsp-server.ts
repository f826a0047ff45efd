import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { freePort, type StartedProgram, startProgram } from "@inband/rig/started-program";
import type { Box } from "../box.ts";
import { ffmpegReason, push, record } from "../ffmpeg.ts";
import { missing, versionLine } from "../program-version.ts";
import { readAccessUnits } from "../read-access-units.ts";
import { settle } from "../settle.ts";

/** Debian's, which has the bindings; another Python on the PATH has not. */
const python = "/usr/bin/python3";
const bindings = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer";

const gstRtspServer = {
  family: "gst-rtsp-server",
  reason: () =>
    ffmpegReason() ?? missing({ "gir1.2-gst-rtsp-server-1.0": spawnSync(python, ["-c", bindings]).status === 0 }),
  version: () =>
    `gst-rtsp-server ${versionLine("dpkg-query", ["-W", "gir1.2-gst-rtsp-server-1.0"], /(\d+\.\d+\.\d+)/)}`,
};

async function start(clipFile: string, recording: string): Promise<{ server: StartedProgram; url: string }> {
  const port = await freePort();
  const script = join(import.meta.dirname, "gst-rtsp-server.py");
  const server = startProgram(python, [script, String(port), clipFile, recording]);
  await server.listens(port);
  return { server, url: `rtsp://127.0.0.1:${port}` };
}

/** gst-rtsp-server with GStreamer's RTP payloader and depayloader: playing to FFmpeg, and recording from it. */
export const gstRtspServerBoxes: readonly Box[] = [
  {
    ...gstRtspServer,
    name: "gst-rtsp-server, playing",
    async run(_clip, clipFile, file) {
      const { server, url } = await start(clipFile, file("unused"));
      await using _server = server;
      await using reader = record(["-rtsp_transport", "tcp", "-i", `${url}/play`], file("out.mkv"));
      await reader.ended;
      return readAccessUnits(file("out.mkv"));
    },
  },
  {
    ...gstRtspServer,
    name: "gst-rtsp-server, recording",
    async run(_clip, clipFile, file) {
      const { server, url } = await start(clipFile, file("out.h264"));
      await using _server = server;
      await using publisher = push(clipFile, ["-f", "rtsp", "-rtsp_transport", "tcp", `${url}/record`]);
      await publisher.ended;
      await settle();
      await server.stop();
      return readAccessUnits(file("out.h264"));
    },
  },
];
