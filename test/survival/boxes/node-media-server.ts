import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { freePort, type StartedProgram, startProgram } from "@inband/rig/started-program";
import { versionOf } from "../../interop/version.ts";
import type { Box } from "../box.ts";
import { ffmpegReason, push, readerEnds, record } from "../ffmpeg.ts";
import { readAccessUnits } from "../read-access-units.ts";
import { settle } from "../settle.ts";

const manifest = createRequire(import.meta.url).resolve("node-media-server/package.json");

function nodeMediaServerBox(name: string, urlOf: (ports: { rtmp: number; http: number }) => string): Box {
  return {
    name,
    family: "node-media-server",
    isBrought: true,
    reason: ffmpegReason,
    version: () => versionOf("node-media-server"),
    async run(_clip, clipFile, file) {
      const ports = { rtmp: await freePort(), http: await freePort() };
      await using server = await start(ports, file);
      await using reader = record(["-i", urlOf(ports)], file("out.mkv"));
      await settle();
      await using publisher = push(clipFile, ["-f", "flv", `rtmp://127.0.0.1:${ports.rtmp}/live/clip`]);
      await publisher.ended;
      await settle();
      await server.stop();
      await readerEnds(reader);
      return readAccessUnits(file("out.mkv"));
    },
  };
}

async function start(
  ports: { readonly rtmp: number; readonly http: number },
  file: (name: string) => string,
): Promise<StartedProgram> {
  const jwt = { secret: "survival", expiresIn: "1h", refreshExpiresIn: "1h", algorithm: "HS256", users: [] };
  const configuration = {
    bind: "127.0.0.1",
    rtmp: { port: ports.rtmp },
    http: { port: ports.http },
    store: { path: file("store") },
    auth: { play: false, publish: false, secret: "", jwt },
    webadmin: { enable: false },
  };
  await writeFile(file("configuration.json"), JSON.stringify(configuration));
  const program = [join(dirname(manifest), "bin/app.js"), "-c", file("configuration.json")];
  const server = startProgram(process.execPath, program, { cwd: file("") });
  await server.listens(ports.rtmp);
  await server.listens(ports.http);
  return server;
}

/** node-media-server: what was published by RTMP, by RTMP and as FLV over HTTP. */
export const nodeMediaServerBoxes: readonly Box[] = [
  nodeMediaServerBox("node-media-server, RTMP to RTMP", ({ rtmp }) => `rtmp://127.0.0.1:${rtmp}/live/clip`),
  nodeMediaServerBox("node-media-server, RTMP to HTTP-FLV", ({ http }) => `http://127.0.0.1:${http}/live/clip.flv`),
];
