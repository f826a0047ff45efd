import { fork } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readUserData } from "@inband/h264";
import { openSource } from "@inband/media";
import { decode, needsFfmpeg } from "@inband/rig/ffmpeg";
import { folder } from "@inband/rig/test-folder";
import { describe, expect, it, type TestContext } from "vitest";

const pictureGroup = 25;

/** What a recorder has left behind that was killed, and the number of the last picture that it was given. */
async function killedRecording(context: Pick<TestContext, "onTestFinished">): Promise<{ path: string; last: number }> {
  const path = await folder(context);
  const child = fork(join(import.meta.dirname, "killed-recorder.ts"), [path("")], {
    execArgv: ["--conditions=@inband/source"],
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  let last = 0;
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  for await (const line of lines) {
    last = Number(line);
    if (last === 8 * pictureGroup + 20) break;
  }
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await readdir(path(""))).toEqual(["killed.mp4.part"]);
  return { path: path("killed.mp4.part"), last };
}

describe("a recording whose process is killed", () => {
  it("has every picture with its message, but for those of the fragment at hand", async (context) => {
    const { path, last } = await killedRecording(context);
    const numbers: number[] = [];
    await using source = await openSource(path);
    for await (const packet of source) {
      if (packet.kind !== "video") continue;
      for (const nal of packet.nalUnits) {
        readUserData(nal, (uuid, payload) => {
          if (uuid[0] === 7) numbers.push(new DataView(payload.buffer, payload.byteOffset).getUint32(0));
        });
      }
    }
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => index));
    // One fragment is not in the file yet, and one may be on its way into it.
    expect(numbers.length).toBeGreaterThanOrEqual(last - 2 * pictureGroup);
  });

  it("plays in FFmpeg", async (context) => {
    needsFfmpeg(context);
    const { path } = await killedRecording(context);
    const { pictures, errors } = await decode(path);
    expect(errors).toBe("");
    expect(pictures).toBeGreaterThan(0);
  });
});
