import { startNodeMediaServer } from "@inband/rig/node-media-server";
import { versionOf } from "../../interop/version.ts";
import type { Box } from "../box.ts";
import { ffmpegReason, push, readerEnds, record } from "../ffmpeg.ts";
import { readAccessUnits } from "../read-access-units.ts";
import { settle } from "../settle.ts";

function nodeMediaServerBox(name: string, urlOf: (ports: { rtmp: number; http: number }) => string): Box {
  return {
    name,
    family: "node-media-server",
    isBrought: true,
    reason: ffmpegReason,
    version: () => versionOf("node-media-server"),
    async run(_clip, clipFile, file) {
      await using server = await startNodeMediaServer(file);
      await using reader = record(["-i", urlOf(server)], file("out.mkv"));
      await settle();
      await using publisher = push(clipFile, ["-f", "flv", `rtmp://127.0.0.1:${server.rtmp}/live/clip`]);
      await publisher.ended;
      await settle();
      await server.program.stop();
      await readerEnds(reader);
      return readAccessUnits(file("out.mkv"));
    },
  };
}

/** node-media-server: what was published by RTMP, by RTMP and as FLV over HTTP. */
export const nodeMediaServerBoxes: readonly Box[] = [
  nodeMediaServerBox("node-media-server, RTMP to RTMP", ({ rtmp }) => `rtmp://127.0.0.1:${rtmp}/live/clip`),
  nodeMediaServerBox("node-media-server, RTMP to HTTP-FLV", ({ http }) => `http://127.0.0.1:${http}/live/clip.flv`),
];
