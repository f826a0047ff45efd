import { readFile, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { pathToFileURL } from "node:url";
import { ffmpeg, needsFfmpeg } from "@inband/rig/ffmpeg";
import { runInband } from "@inband/rig/inband-process";
import { folder } from "@inband/rig/test-folder";
import { createStage, serveStage } from "@inband/stage/server";
import { describe, expect, it } from "vitest";
import type { Ability } from "../src/doctor/machine.ts";
import type { HopReport, PathReport } from "../src/doctor/path-report.ts";
import { clipPictures } from "../src/doctor/probe-pictures.ts";

async function doctor(...args: string[]): Promise<{ code: number | null; report: PathReport; hop: HopReport }> {
  const { code, stdout, stderr } = await runInband(["doctor", ...args, "--json"]);
  expect(stderr).toBe("");
  const report = JSON.parse(stdout) as PathReport;
  return { code, report, hop: report.hops[0] as HopReport };
}

describe("inband doctor", () => {
  it("tells what this machine can do, and why not what it cannot", async () => {
    const { code, stdout } = await runInband(["doctor", "--json"]);
    expect(code).toBe(0);
    const { abilities } = JSON.parse(stdout) as { abilities: Ability[] };
    const named = (name: string) => abilities.find((ability) => ability.name === name);
    expect(named("Node")).toMatchObject({ isThere: true, detail: expect.stringContaining(process.versions.node) });
    expect(named("libx264")).toMatchObject({ isThere: true });
    expect(named("port 8642")).toBeDefined();
    for (const { isThere, detail, name } of abilities) if (!isThere) expect(detail, name).not.toBe("");
    const text = await runInband(["doctor"]);
    expect(text.stdout).toMatch(/^yes {2}Node +\d+\./m);
    expect(text.stdout).toMatch(/^(yes|no ) {2}h264_nvenc /m);
  });

  it("says of a container that keeps everything that it keeps everything", async (context) => {
    const file = await folder(context);
    const { code, report, hop } = await doctor(file("kept.mp4"));
    expect(code).toBe(0);
    expect(report).toMatchObject({ isKept: true, pictures: 240, sentTo: file("kept.mp4") });
    expect(hop).toMatchObject({ outcome: "kept", explanations: [], pictures: { outcome: "whole", sent: 240 } });
    expect(hop.messages).toMatchObject({ sent: report.messages, kept: report.messages });
    expect(hop).not.toHaveProperty("harmed");
  });

  it("never writes over a file that is there", async (context) => {
    const file = await folder(context);
    await writeFile(file("recording.mp4"), "dear to somebody");
    for (const name of [file("recording.mp4"), pathToFileURL(file("recording.mp4")).href]) {
      const { code, stderr } = await runInband(["doctor", name, file("recording.mp4")]);
      expect(stderr).toMatch(/recording\.mp4" is there, and would be written over: name a file that is not there/);
      expect(code).toBe(2);
    }
    expect(await readFile(file("recording.mp4"), "utf8")).toBe("dear to somebody");
  });

  it("prints a line for each end that a person reads at a glance", async (context) => {
    const file = await folder(context);
    const { code, stdout } = await runInband(["doctor", file("a.ts"), file("a.ts"), file("none.ts"), "--within", "3"]);
    expect(code).toBe(1);
    const [sent, kept, unreadable, why] = stdout.split("\n");
    expect(sent).toMatch(/^sent +\S+a\.ts {2}\d+ pictures, \d+ messages in [\d.]+ s \(/);
    expect(kept).toMatch(/^kept +\S+a\.ts {2}(\d+) of \1 messages; pictures whole$/);
    expect(unreadable).toMatch(/^UNREADABLE {2}\S+none\.ts$/);
    expect(why).toContain("There is no file");
  });

  it("reads through a stage by WHIP and WHEP", async (context) => {
    const stage = createStage();
    const served = await serveStage(stage);
    context.onTestFinished(async () => {
      await served.close();
      await stage.close();
    });
    const capabilities = { allow_publish: true, allow_subscribe: true };
    const token = await stage.createToken({ participantId: "me", capabilities, url: served.url });
    const { code, hop } = await doctor(`${served.url}/publish/me`, `${served.url}/subscribe/me`, "--token", token);
    // A machine that is busy with other tests may drop packets, and with them pictures.
    const explanations = hop.explanations.filter((one) => one.code !== "pictures-lost");
    expect(explanations).toEqual([]);
    expect(hop.messages).toMatchObject({ truncated: 0, changed: 0, merged: 0, moved: 0, doubled: 0, reordered: 0 });
    expect(hop.messages?.kept).toBeGreaterThan(50);
    expect(code).toBe(hop.outcome === "kept" ? 0 : 1);
  });

  it("sends a video that it is given, over and over", async (context) => {
    const file = await folder(context);
    needsFfmpeg(context);
    const test = ["-f", "lavfi", "-i", "testsrc2=size=128x96:rate=25:duration=1"];
    await ffmpeg(...test, "-c:v", "libx264", "-profile:v", "baseline", "-g", "25", file("own.mp4"));
    const { code, report, hop } = await doctor(file("out.flv"), "--input", file("own.mp4"), "--within", "5");
    expect(report.video).toContain("own.mp4");
    expect(hop).toMatchObject({ outcome: "kept", explanations: [] });
    expect(code).toBe(0);
  });

  it("carries a clip for machines without an encoder", async () => {
    await using clip = await clipPictures(150, "no encoder");
    const units: number[] = [];
    const keyFrames: number[] = [];
    await clip.play(
      {
        connectEncoder: () => undefined,
        write: ({ timestamp, isKeyFrame }) => {
          if (isKeyFrame) keyFrames.push(units.length);
          units.push(timestamp);
        },
      },
      new AbortController().signal,
    );
    expect(units).toHaveLength(150);
    expect(keyFrames).toEqual([0, 30, 60, 90, 120]);
  });

  it("says what is wrong with a call, and ends with 2", async () => {
    for (const [args, text] of [
      [["rtmp://127.0.0.1/live/key"], "Name at least one more address"],
      [["gopher://user:secret@host/a", "b.ts"], '"gopher://host/a" is not somewhere video can be sent'],
      [["a.ts", "--within", "1"], "--within takes a number of seconds from 3 to 120"],
      [["a.ts", "--page"], "--page takes no addresses"],
      [["a.ts", "--colour"], "Unknown option '--colour'"],
    ] as const) {
      const { code, stderr, stdout } = await runInband(["doctor", ...args]);
      expect(stderr).toContain(text);
      expect(code).toBe(2);
      expect(stdout).toBe("");
      expect(stderr).not.toContain("secret");
    }
  });

  it("judges no file that an earlier check has left", async (context) => {
    const file = await folder(context);
    expect((await doctor(file("earlier.mp4"))).code).toBe(0);
    await utimes(file("earlier.mp4"), 0, 0);
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const refused = await runInband(["doctor", `rtsp://user:secret@127.0.0.1:${port}/live`, file("earlier.mp4")]);
    expect(refused.stderr).toContain(
      `"rtsp://127.0.0.1:${port}/live" cannot be opened for writing: Connection refused`,
    );
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    const { code, hop } = await doctor(file("another.mp4"), file("earlier.mp4"));
    expect(code).toBe(1);
    expect(hop).toMatchObject({ outcome: "unreadable" });
    expect(hop.explanations[0]?.message).toBe("The file was there before, and nothing was written to it.");
  });

  it("says that a server cannot be reached, without credentials", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const url = `rtmp://user:secret@127.0.0.1:${port}/live/secret`;
    const { code, stderr } = await runInband(["doctor", url, url]);
    expect(code).toBe(1);
    expect(stderr).toContain(`"rtmp://127.0.0.1:${port}/live/..." cannot be opened for writing: Connection refused`);
    expect(stderr).not.toContain("secret");
  });
});

describe("inband publish", () => {
  it("writes a video with its messages into a file", async (context) => {
    const file = await folder(context);
    const to = file("published.mkv");
    const { code, stdout, stderr } = await runInband(["publish", "test", "--to", to], '{"text":"hello"}\n');
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "sent", line: 1 });
    const { stdout: lines } = await runInband(["subscribe", to, "--json"]);
    expect(JSON.parse(lines)).toMatchObject({ value: { text: "hello" } });
  });
});
