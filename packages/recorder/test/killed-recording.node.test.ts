import { fork } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readUserData } from "@inband/h264";
import { openSource } from "@inband/media";
import { decode, needsFfmpeg } from "@inband/rig/ffmpeg";
import { folder } from "@inband/rig/test-folder";
import { expect, it } from "vitest";

const pictureGroup = 25;

it("a recording whose process is killed loses at most one fragment, and plays", async (context) => {
  needsFfmpeg(context);
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
  const numbers: number[] = [];
  await using source = await openSource(path("killed.mp4.part"));
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
  expect(await decode(path("killed.mp4.part"))).toEqual({ pictures: numbers.length, errors: "" });
});
