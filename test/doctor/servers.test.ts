import { spawn } from "node:child_process";
import { needsFfmpeg } from "@inband/rig/ffmpeg";
import { startNodeMediaServer } from "@inband/rig/node-media-server";
import { isInstalled, needs } from "@inband/rig/program";
import { freePort, startProgram } from "@inband/rig/started-program";
import { temporaryFolder } from "@inband/rig/temporary-folder";
import { describe, expect, it } from "vitest";
import { examine } from "./examine.ts";

describe.concurrent("inband doctor", () => {
  it("says that node-media-server keeps all, by RTMP and as FLV over HTTP, to both ends at once", async () => {
    await using folder = await temporaryFolder();
    await using server = await startNodeMediaServer(folder.file);
    const rtmp = `rtmp://127.0.0.1:${server.rtmp}/live/probe`;
    const { code, report } = await examine([rtmp, rtmp, `http://127.0.0.1:${server.http}/live/probe.flv`]);
    for (const hop of report.hops) {
      expect(hop).toMatchObject({ outcome: "kept", explanations: [], pictures: { outcome: "whole" } });
      expect(hop.messages?.sent).toBeGreaterThan(100);
    }
    expect(report.hops).toHaveLength(2);
    expect(code).toBe(0);
  });

  it("says that srt-live-transmit keeps all", async (context) => {
    needs(context, { "srt-live-transmit": isInstalled("srt-live-transmit", "-version") });
    const [from, to] = [await freePort(), await freePort()];
    const urls = [from, to].map((port) => `srt://127.0.0.1:${port}?mode=listener`);
    await using transmit = startProgram("srt-live-transmit", ["-q", ...urls]);
    await transmit.bindsUdp(from);
    const { code, report } = await examine([`srt://127.0.0.1:${from}`, `srt://127.0.0.1:${to}`]);
    expect(report.hops[0]).toMatchObject({ outcome: "kept", explanations: [] });
    expect(code).toBe(0);
  });

  it("reads HLS", async (context) => {
    needsFfmpeg(context);
    await using folder = await temporaryFolder();
    const port = await freePort();
    const rtmp = `rtmp://127.0.0.1:${port}/live/probe`;
    const playlist = folder.file("live.m3u8");
    const hls = ["-f", "hls", "-hls_time", "1", "-hls_list_size", "10", playlist];
    const args = ["-v", "error", "-nostdin", "-listen", "1", "-i", rtmp, "-c", "copy", ...hls];
    await using server = startProgram("ffmpeg", args);
    await server.bindsTcp(port);
    const { code, report } = await examine([rtmp, playlist]);
    expect(report.hops[0]).toMatchObject({ outcome: "kept", explanations: [] });
    expect(report.hops[0]?.pictures?.sent).toBeGreaterThan(60);
    expect(code).toBe(0);
  });

  it("says between which two ends something was lost", async (context) => {
    needsFfmpeg(context);
    await using folder = await temporaryFolder();
    await using server = await startNodeMediaServer(folder.file);
    const rtmp = `rtmp://127.0.0.1:${server.rtmp}/live/probe`;
    const out = folder.file("out.ts");
    const bsf = ["-c", "copy", "-bsf:v", "filter_units=remove_types=6"];
    // Its input is there a little after the probe begins.
    const loop = `until ffmpeg -v error -nostdin -y -analyzeduration 500000 -i ${rtmp} ${bsf.join(" ")} ${out}; do sleep 0.2; done`;
    const stripper = spawn("/bin/sh", ["-c", loop], { stdio: "ignore", detached: true });
    try {
      const { code, report } = await examine([rtmp, rtmp, out]);
      expect(report.hops).toMatchObject([
        { outcome: "kept", explanations: [] },
        { outcome: "lost", explanations: [{ code: "sei-dropped" }], pictures: { outcome: "whole" } },
      ]);
      expect(code).toBe(1);
    } finally {
      process.kill(-(stripper.pid as number), "SIGKILL");
    }
  });
});
