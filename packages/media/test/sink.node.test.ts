import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { AccessUnit } from "@inband/h264";
import { MediaError, type MediaSink, openSink, openSource } from "@inband/media";
import { explain, judge, Probe } from "@inband/media/probe";
import { SeiPublisher } from "@inband/publisher";
import { encodedPictures } from "@inband/rig/encoded-pictures";
import { ffmpeg, needsFfmpeg } from "@inband/rig/ffmpeg";
import { freePort } from "@inband/rig/started-program";
import { suiteFolder } from "@inband/rig/test-folder";
import { raw } from "@inband/wire";
import { beforeAll, describe, expect, it } from "vitest";

const inFolder = suiteFolder();
let pictures: readonly AccessUnit[];

beforeAll(async () => {
  pictures = await encodedPictures({ width: 128, height: 96, framerate: 30, frames: 60, keyFrameInterval: 2 / 3 });
});

async function readAll(input: string): Promise<AccessUnit[]> {
  await using source = await openSource(input);
  const read: AccessUnit[] = [];
  for await (const packet of source) if (packet.kind === "video") read.push(packet);
  return read;
}

async function writeAll(sink: MediaSink, probe: Probe, everyMs = 0): Promise<void> {
  for (const picture of pictures) {
    sink.write(probe.insert(picture));
    if (everyMs > 0) await sleep(everyMs);
  }
  await sink.finish();
}

/** FFmpeg's program as a server for one publisher; resolves with what it kept. */
async function servedByFfmpeg(name: string, args: readonly string[], url: string): Promise<AccessUnit[]> {
  const file = inFolder(`${name}.mkv`);
  const server = spawn("ffmpeg", ["-v", "error", "-y", ...args, "-c", "copy", file], { stdio: "ignore" });
  const ended = once(server, "close");
  try {
    const probe = new Probe();
    const sink = await opened(url);
    await writeAll(sink, probe, 5);
    expect(sink.lost.aborted).toBe(false);
    await ended;
    const read = await readAll(file);
    const verdict = judge(probe, read, { expect: "all" });
    expect(explain(verdict)).toEqual([]);
    expect(verdict.counts.kept).toBe(probe.messages);
    return read;
  } finally {
    server.kill();
  }
}

/** A program that has just been started listens a little later. */
async function opened(url: string): Promise<MediaSink> {
  for (let left = 50; ; left -= 1) {
    try {
      return await openSink(url, { connectWithinMs: 2_000 });
    } catch (error) {
      if (left === 0 || !(error instanceof MediaError) || error.code !== "unwritable") throw error;
      await sleep(100);
    }
  }
}

describe("a sink", () => {
  for (const extension of ["ts", "flv", "mkv", "mp4", "264"]) {
    it(`writes every message and picture into a file .${extension} as it was`, async () => {
      const file = inFolder(`plain.${extension}`);
      const probe = new Probe();
      await writeAll(await openSink(file), probe);
      const verdict = judge(probe, await readAll(file), { expect: "all" });
      expect(explain(verdict)).toEqual([]);
      expect(verdict.counts.kept).toBe(probe.messages);
      expect(verdict.pictures).toMatchObject({ outcome: "whole", whole: 60 });
    });
  }

  it("keeps messages on the pictures of a stream with B-frames, and their times", async (context) => {
    needsFfmpeg(context);
    const from = inFolder("b-frames.mp4");
    const test = ["-f", "lavfi", "-i", "testsrc2=size=128x96:rate=25:duration=2"];
    await ffmpeg(...test, "-c:v", "libx264", "-bf", "3", "-g", "25", from);
    const source = await readAll(from);
    expect(
      source.some(({ timestamp, decodeTimestamp }) => decodeTimestamp !== undefined && decodeTimestamp !== timestamp),
    ).toBe(true);
    for (const extension of ["ts", "flv", "mkv", "mp4"]) {
      const file = inFolder(`b-frames.${extension}`);
      const probe = new Probe();
      const sink = await openSink(file);
      for (const accessUnit of source) sink.write(probe.insert(accessUnit));
      await sink.finish();
      const read = await readAll(file);
      expect(explain(judge(probe, read, { expect: "all" }))).toEqual([]);
      // FLV and MKV count milliseconds.
      for (const [index, { timestamp }] of read.entries()) {
        expect(Math.abs(timestamp - (source[index]?.timestamp as number))).toBeLessThan(1_000);
      }
    }
  });

  it("publishes by RTMP", async (context) => {
    needsFfmpeg(context);
    const url = `rtmp://127.0.0.1:${await freePort()}/live/key`;
    expect(await servedByFfmpeg("rtmp", ["-listen", "1", "-i", url], url)).toHaveLength(60);
  });

  it("publishes by SRT, and loses no tail", async (context) => {
    needsFfmpeg(context);
    const address = `srt://127.0.0.1:${await freePort()}`;
    const url = `${address}?mode=caller`;
    expect(await servedByFfmpeg("srt", ["-i", `${address}?mode=listener`], url)).toHaveLength(60);
  });

  it("publishes by RTSP", async (context) => {
    needsFfmpeg(context);
    const url = `rtsp://127.0.0.1:${await freePort()}/camera`;
    const file = inFolder("rtsp.mkv");
    const args = ["-rtsp_flags", "listen", "-i", url, "-c", "copy", file];
    const server = spawn("ffmpeg", ["-v", "error", "-y", ...args], { stdio: "ignore" });
    const ended = once(server, "close");
    try {
      // RTSP connects with the first key frame, so that only a new sink can try again.
      let probe = new Probe();
      for (let left = 50; left > 0; left -= 1) {
        const sink = await openSink(url);
        probe = new Probe();
        const isWritten = await writeAll(sink, probe, 5).then(
          () => true,
          () => false,
        );
        if (isWritten) break;
        await sleep(100);
      }
      await ended;
      expect(explain(judge(probe, await readAll(file), { expect: "all" }))).toEqual([]);
    } finally {
      server.kill();
    }
  });

  it("is a carrier: receipts name it, and messages wait for the first key frame", async () => {
    const uuid = Uint8Array.from({ length: 16 }, (_, index) => index);
    await using sink = await openSink(inFolder("carrier.mkv"), { name: "recording" });
    const publisher = new SeiPublisher({ profile: raw(uuid) });
    publisher.attach(sink);
    const { sent } = publisher.publish(Uint8Array.of(1, 2, 3));
    for (const picture of pictures.slice(15)) sink.write(picture);
    await sink.finish();
    expect(await sent).toMatchObject({ outcome: "sent" });
    expect(sink.stats().accessUnits).toBe(40);
    expect((await readAll(inFolder("carrier.mkv"))).length).toBe(40);
  });

  it("says why a server or a file cannot be opened, without credentials", async () => {
    const port = await freePort();
    const cases = [
      [`rtmp://user:secret@127.0.0.1:${port}/live/secret`, "unwritable", `"rtmp://127.0.0.1:${port}/live/..."`],
      [inFolder("no-folder/a.ts"), "unwritable", "No such file"],
      ["gopher://secret@host/a", "unsupported", '"gopher://host/a"'],
      [inFolder("a.wmv"), "unsupported", "a.wmv"],
    ] as const;
    for (const [output, code, text] of cases) {
      const error: unknown = await openSink(output).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: "MediaError", code, message: expect.stringContaining(text) });
      expect((error as Error).message).not.toContain("secret");
    }
    await expect(openSink("")).rejects.toThrow(TypeError);
    await expect(openSink("a.ts", { connectWithinMs: 0 })).rejects.toThrow(RangeError);
  });

  it("writes to one place, whatever characters are in its address", async () => {
    const key = inFolder("planted.ts");
    let received = 0;
    const server = createServer((socket) => {
      socket.on("data", ({ length }) => {
        received += length;
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    try {
      await writeAll(await openSink(`tcp://127.0.0.1:${port}/live|${key}`), new Probe());
      expect(received).toBeGreaterThan(0);
      await expect(stat(key)).rejects.toMatchObject({ code: "ENOENT" });
    } finally {
      server.close();
    }
  });

  it("gives up a server that does not answer", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as { port: number };
    try {
      const opening = openSink(`rtmp://127.0.0.1:${port}/live/key`, { connectWithinMs: 300 });
      await expect(opening).rejects.toMatchObject({ code: "unwritable" });
      const ending = new AbortController();
      const aborted = openSink(`rtmp://127.0.0.1:${port}/live/key`, { signal: ending.signal, connectWithinMs: 300 });
      ending.abort(new Error("enough"));
      await expect(aborted).rejects.toThrow("enough");
    } finally {
      silent.close();
    }
  });

  it("ends when its server goes, and gives up the messages that wait", async (context) => {
    needsFfmpeg(context);
    const url = `rtmp://127.0.0.1:${await freePort()}/live/key`;
    const args = ["-listen", "1", "-i", url, "-c", "copy", "-f", "null", "-"];
    const server = spawn("ffmpeg", ["-v", "error", ...args], { stdio: "ignore" });
    const sink = await opened(url);
    const publisher = new SeiPublisher();
    const errors: Error[] = [];
    publisher.on("error", (error) => errors.push(error));
    publisher.attach(sink);
    sink.write(pictures[0] as AccessUnit);
    server.kill("SIGKILL");
    for (let index = 1; !sink.lost.aborted; index += 1) {
      sink.write(pictures[index % 60] as AccessUnit);
      await sleep(20);
    }
    expect(sink.lost.reason).toMatchObject({ name: "MediaError", code: "lost" });
    expect(errors.map((error) => (error as MediaError).code)).toContain("lost");
    expect(sink.isClosed).toBe(true);
    await expect(sink.finish()).rejects.toBe(sink.lost.reason);
  });

  it("says that nothing was written where no key frame came", async () => {
    const sink = await openSink(inFolder("nothing.ts"));
    for (const picture of pictures.slice(1, 10)) sink.write(picture);
    await expect(sink.finish()).rejects.toMatchObject({ code: "no-video" });
  });
});
