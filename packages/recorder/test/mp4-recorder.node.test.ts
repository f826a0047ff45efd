import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AccessUnit, buildUserDataSei, insertSei, readUserData } from "@inband/h264";
import { openSource } from "@inband/media";
import { Mp4Recorder, type Mp4RecorderOptions, RecorderError, type RecordingInfo } from "@inband/recorder";
import { encodedPictures } from "@inband/rig/encoded-pictures";
import { decode, needsFfmpeg } from "@inband/rig/ffmpeg";
import { until } from "@inband/rig/until";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

const framerate = 25;
const uuid = Buffer.from("6d656173757265206f6620616c6c2121", "hex");
let pictures: AccessUnit[];
let top: string;

beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), "recorder-"));
  const size = { width: 160, height: 120, framerate, bitrate: 300_000, keyFrameInterval: 1.2 };
  pictures = (await encodedPictures({ ...size, frames: 250 })).map((picture, index) =>
    insertSei(picture, [buildUserDataSei({ uuid, payload: payloadOf(index) })]),
  );
});
afterAll(() => rm(top, { recursive: true }));

/** A number, and bytes that need emulation prevention, another length each time. */
function payloadOf(index: number): Uint8Array {
  const awkward = [0, 0, 1, 0, 0, 3, 0, 0, 0, 0xff, 0xff, 0x80];
  const bytes = new Uint8Array(20 + ((index * 37) % 700));
  for (let at = 4; at < bytes.length; at += 1) bytes[at] = awkward[(at * (index + 1)) % awkward.length] ?? 0;
  new DataView(bytes.buffer).setUint32(0, index);
  return bytes;
}

async function recorderIn(options: Partial<Mp4RecorderOptions> = {}) {
  const folder = await mkdtemp(join(top, "one-"));
  const recorder = new Mp4Recorder({ folder, ...options });
  onTestFinished(() => recorder.close());
  const [started, completed, failed]: [RecordingInfo[], RecordingInfo[], RecorderError[]] = [[], [], []];
  recorder.on("started", (info) => started.push(info));
  recorder.on("completed", (info) => completed.push(info));
  recorder.on("failed", (error) => failed.push(error));
  return { folder, recorder, started, completed, failed };
}

/** Numbers of the pictures in a file by what rides in them, with how far apart they are shown, in milliseconds. */
async function read(path: string): Promise<{ numbers: number[]; stepsMs: number[] }> {
  const numbers: number[] = [];
  const times: number[] = [];
  await using source = await openSource(path);
  for await (const packet of source) {
    if (packet.kind !== "video") continue;
    let payload = new Uint8Array();
    for (const nal of packet.nalUnits) {
      readUserData(nal, (by, bytes) => {
        if (Buffer.from(by).equals(uuid)) payload = Uint8Array.from(bytes);
      });
    }
    const number = new DataView(payload.buffer).getUint32(0);
    expect(Buffer.from(payload).equals(payloadOf(number))).toBe(true);
    numbers.push(number);
    times.push(packet.timestamp);
  }
  return {
    numbers,
    stepsMs: [...new Set(times.slice(1).map((time, at) => Math.round((time - (times[at] ?? 0)) / 1000)))],
  };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

describe("an MP4 recorder", () => {
  it("records two events that overlap, each with what was before it, every message on its picture", async () => {
    const { folder, recorder, completed, failed } = await recorderIn();
    for (const [index, picture] of pictures.entries()) {
      recorder.write(picture);
      if (index === 120) recorder.record({ type: "intrusion", taskId: "camera 1", atMs: 0 });
      if (index === 135) recorder.record({ type: "detection", taskId: "../../etc/passwd", atMs: 1 });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => completed.length === 2);
    expect(failed).toEqual([]);
    expect((await readdir(folder)).sort()).toEqual([
      "__.._etc_passwd_19700101T000000001Z_detection.mp4",
      "camera_1_19700101T000000000Z_intrusion.mp4",
    ]);
    const [first, second] = completed as [RecordingInfo, RecordingInfo];
    expect(await read(first.path)).toEqual({ numbers: range(60, 170), stepsMs: [40] });
    expect(await read(second.path)).toEqual({ numbers: range(60, 185), stepsMs: [40] });
    expect(first).toMatchObject({ eventType: "intrusion", preEventFrames: 61, frames: 111 });
  });

  it("writes what FFmpeg decodes without a complaint", async (context) => {
    needsFfmpeg(context);
    const { recorder, completed } = await recorderIn();
    for (const [index, picture] of pictures.entries()) {
      recorder.write(picture);
      if (index === 120) recorder.record({ type: "event" });
    }
    await until(() => completed.length === 1);
    expect(await decode(completed[0]?.path ?? "")).toEqual({ pictures: 111, errors: "" });
  });

  it("refuses an event where too many are recorded, or no key frame has come, and says so once", async () => {
    const { recorder, failed, completed } = await recorderIn({ maxConcurrent: 1 });
    expect(recorder.record({ type: "early" })).toBe(undefined);
    for (const picture of pictures.slice(0, 60)) recorder.write(picture);
    expect(recorder.record({ type: "first" })).toEqual(expect.any(String));
    expect(recorder.record({ type: "second" })).toBe(undefined);
    await until(() => failed.length === 2);
    expect(failed.map(({ code }) => code)).toEqual(["no-key-frame", "too-many"]);
    await recorder.close();
    expect(completed).toMatchObject([{ eventType: "first", frames: 60 }]);
    expect(recorder.stats()).toMatchObject({ active: 0, started: 1, completed: 1, failed: 2 });
  });

  it("ends a recording by its length in time, too", async () => {
    const { recorder, completed } = await recorderIn({ maxDurationMs: 3000, postEventFrames: 1000 });
    for (const [index, picture] of pictures.entries()) {
      recorder.write(picture);
      if (index === 89) recorder.record({ type: "long" });
    }
    await until(() => completed.length === 1);
    expect((await read(completed[0]?.path ?? "")).numbers).toEqual(range(30, 105));
  });

  it("numbers files of one name, and writes over none", async () => {
    const { folder, recorder, completed } = await recorderIn({ pattern: "{eventType}.mp4", postEventFrames: 0 });
    await writeFile(join(folder, "same.mp4"), "mine");
    for (const picture of pictures.slice(0, 60)) recorder.write(picture);
    for (let count = 0; count < 2; count += 1) recorder.record({ type: "same" });
    await until(() => completed.length === 2);
    expect((await readdir(folder)).sort()).toEqual(["same-2.mp4", "same-3.mp4", "same.mp4"]);
  });

  it("says of a folder that cannot be written to, once for each event, and goes on", async () => {
    const { folder, recorder, failed } = await recorderIn();
    const file = join(folder, "file");
    await writeFile(file, "");
    const blocked = new Mp4Recorder({ folder: join(file, "below") });
    blocked.on("failed", (error) => failed.push(error));
    for (const picture of pictures.slice(0, 60)) {
      blocked.write(picture);
      recorder.write(picture);
    }
    blocked.record({ type: "event" });
    await until(() => failed.length === 1);
    expect(failed[0]).toBeInstanceOf(RecorderError);
    expect(failed[0]).toMatchObject({ code: "unwritable", message: expect.stringContaining("ENOTDIR") });
    for (const picture of pictures.slice(60)) blocked.write(picture);
    await blocked.close();
  });

  it("says of a disk that is full what was written, which plays, and goes on", async (context) => {
    const { folder, recorder, failed, completed } = await recorderIn({ postEventFrames: 100 });
    const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=160k", "tmpfs", folder]);
    if (mount.status !== 0)
      context.skip("no file system of 160 KiB can be mounted: that takes root, and the program mount");
    onTestFinished(() => void spawnSync("umount", [folder]));
    const filler = buildUserDataSei({ uuid: new Uint8Array(16), payload: new Uint8Array(1000) });
    const large = pictures.map((picture) => insertSei(picture, [filler]));
    for (const [index, picture] of large.entries()) {
      recorder.write(picture);
      if (index === 60) recorder.record({ type: "large" });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => failed.length === 1);
    const [error] = failed;
    expect(error).toMatchObject({ code: "lost", message: expect.stringContaining("ENOSPC") });
    expect(completed).toEqual([]);
    expect(recorder.stats()).toMatchObject({ active: 0, failed: 1 });
    expect((await read(`${error?.path}`)).numbers).toEqual(range(0, 29));
  });

  it("refuses a pattern that leads out of its folder, or names what is not known", () => {
    for (const [pattern, message] of [
      ["../{eventType}.mp4", "expected a name without a folder"],
      ["a\\{eventType}.mp4", "expected a name without a folder"],
      ["{eventType}", "ends in .mp4"],
      ["{user}.mp4", "{user} is not known"],
      ["", "expected the name of a file"],
    ] as const) {
      expect(() => new Mp4Recorder({ folder: top, pattern })).toThrow(message);
    }
    for (const taskId of ["..", ".", "/", "a/../../b", "\0", "", "x".repeat(5000), "CON", "é"]) {
      expect(() =>
        new Mp4Recorder({ folder: top, pattern: "{taskId}.mp4" }).record({ type: "x", taskId }),
      ).not.toThrow();
    }
  });
});
