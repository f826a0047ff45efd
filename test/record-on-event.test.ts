import { execFile } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { inspect } from "@inband/media/inspect";
import { decode, needsFfmpeg } from "@inband/rig/ffmpeg";
import { startNodeMediaServer } from "@inband/rig/node-media-server";
import { root, sourceEnvironment } from "@inband/rig/repository";
import { folder } from "@inband/rig/test-folder";
import { expect, it, onTestFinished } from "vitest";

it("two events of a picture on its way to an RTMP server are recorded, with the frames and messages before them", async (context) => {
  needsFfmpeg(context);
  await using server = await startNodeMediaServer(await folder(context));
  const args = ["examples/record-on-event.ts", `rtmp://127.0.0.1:${server.rtmp}/live/gate`];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: root, env: sourceEnvironment });
  expect(stderr).toBe("");
  const recordings = /The recordings are in (.*)\./.exec(stdout)?.[1] ?? "";
  onTestFinished(() => rm(recordings, { recursive: true }));
  expect((await readdir(recordings)).sort()).toEqual(["gate_button.mp4", "gate_detection.mp4"]);
  for (const [name, event] of [
    ["gate_detection.mp4", 120],
    ["gate_button.mp4", 140],
  ] as const) {
    const path = join(recordings, name);
    const { accessUnits, userData, findings } = await inspect(path, { lint: true });
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(userData.length).toBeGreaterThanOrEqual(accessUnits);
    expect(await decode(path)).toEqual({ pictures: accessUnits, errors: "" });
    const [, before, messages, first, last] =
      new RegExp(`${name}: ${accessUnits} frames, (\\d+) up to the event, (\\d+) messages, of frames (\\d+) to (\\d+)`)
        .exec(stdout)
        ?.map(Number) ?? [];
    expect([messages, last, Number(last) - Number(first) + 1]).toEqual([accessUnits, event + 50, accessUnits]);
    expect(before).toBe(event + 1 - Number(first));
    expect(before).toBeGreaterThanOrEqual(50);
  }
});
