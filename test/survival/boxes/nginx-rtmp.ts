import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isInstalled } from "@inband/rig/program";
import { freePort, startProgram } from "@inband/rig/started-program";
import type { Box } from "../box.ts";
import { ffmpegReason, push, readerEnds, record } from "../ffmpeg.ts";
import { missing, versionLine } from "../program-version.ts";
import { readAccessUnits } from "../read-access-units.ts";
import { settle } from "../settle.ts";

/** Where Debian's packages put them. */
const program = "/usr/sbin/nginx";
const rtmpModule = "/usr/lib/nginx/modules/ngx_rtmp_module.so";

const nginx = {
  family: "nginx-rtmp",
  reason: () =>
    ffmpegReason() ?? missing({ nginx: isInstalled(program, "-v"), ngx_rtmp_module: existsSync(rtmpModule) }),
  version: () =>
    `nginx ${versionLine(program, ["-v"], /nginx\/([\d.]+)/)} with nginx-rtmp ${versionLine("dpkg-query", ["-W", "libnginx-mod-rtmp"], /(\d\.\d+\.\d+)/)}`,
};

async function start(file: (name: string) => string) {
  const port = await freePort();
  await mkdir(file("hls"));
  await writeFile(
    file("nginx.conf"),
    `load_module ${rtmpModule};
    daemon off; master_process off; error_log stderr warn; pid ${file("nginx.pid")};
    events {}
    rtmp { server { listen 127.0.0.1:${port}; application live {
      live on; hls on; hls_path ${file("hls")}; hls_fragment 1s; hls_cleanup off;
    } } }`,
  );
  const server = startProgram(program, ["-c", file("nginx.conf"), "-e", "stderr", "-p", file("")]);
  await server.listens(port);
  return { server, url: `rtmp://127.0.0.1:${port}/live/clip` };
}

/** nginx with its RTMP module: RTMP out, and the HLS that it writes. */
export const nginxRtmpBoxes: readonly Box[] = [
  {
    ...nginx,
    name: "nginx-rtmp, RTMP to RTMP",
    async run(_clip, clipFile, file) {
      const { server, url } = await start(file);
      await using _server = server;
      await using reader = record(["-rtmp_live", "live", "-i", url], file("out.mkv"));
      await settle();
      await using publisher = push(clipFile, ["-f", "flv", url]);
      await publisher.ended;
      await settle();
      await server.stop();
      await readerEnds(reader);
      return readAccessUnits(file("out.mkv"));
    },
  },
  {
    ...nginx,
    name: "nginx-rtmp, RTMP to HLS",
    async run(_clip, clipFile, file) {
      const { server, url } = await start(file);
      await using _server = server;
      await using publisher = push(clipFile, ["-f", "flv", url]);
      await publisher.ended;
      await settle();
      await server.stop();
      const segments = (await readdir(file("hls"))).filter((name) => name.endsWith(".ts"));
      const byNumber = (a: string, b: string) => Number(/\d+/.exec(a)) - Number(/\d+/.exec(b));
      const bytes = await Promise.all(segments.sort(byNumber).map((name) => readFile(join(file("hls"), name))));
      await writeFile(file("out.ts"), Buffer.concat(bytes));
      return readAccessUnits(file("out.ts"));
    },
  },
];
