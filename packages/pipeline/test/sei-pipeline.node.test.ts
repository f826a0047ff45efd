import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AccessUnit } from "@inband/h264";
import { createEncoder, type RawFrame } from "@inband/h264/encoder";
import { openSource } from "@inband/media";
import { testPicture } from "@inband/media/frames";
import { type PipelineEvent, SeiPipeline, type SeiPipelineOptions } from "@inband/pipeline";
import type { RecordingInfo } from "@inband/recorder";
import { startNodeMediaServer } from "@inband/rig/node-media-server";
import { until } from "@inband/rig/until";
import { accessUnitFeed, pushBytes, SeiSubscriber } from "@inband/subscriber";
import { seiModule } from "@inband/wire";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

const size = { width: 160, height: 120, framerate: 25 };
const encoder = { ...size, codec: "libx264", bitrate: 300_000, keyFrameInterval: 1.2 } as const;
let frames: RawFrame[];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipeline-"));
  frames = [];
  for await (const { data, ...frame } of testPicture({ ...size, frames: 60 }))
    frames.push({ ...frame, data: data.slice() });
});
afterAll(() => rm(folder, { recursive: true }));

function frame(index: number): RawFrame {
  return { ...(frames[index % frames.length] as RawFrame), timestamp: index * 40_000 };
}

/** Keeps what it is given. */
class KeptOutput {
  readonly accessUnits: AccessUnit[] = [];
  write(accessUnit: AccessUnit): void {
    this.accessUnits.push(accessUnit);
  }
}

function pipelineOf(options: Partial<SeiPipelineOptions> = {}): SeiPipeline {
  const pipeline = new SeiPipeline({ encoder, ...options });
  onTestFinished(() => pipeline.stop());
  return pipeline;
}

/** The numbers in the messages of the access units of a stream, by the access unit. */
async function numbersIn(source: AsyncIterable<unknown>): Promise<(number | undefined)[]> {
  const subscriber = new SeiSubscriber<{ fc: number }>();
  const numbers: (number | undefined)[] = [];
  const found = new Map<number, number>();
  subscriber.on("message", ({ value, timestamp = 0 }) => found.set(Math.round(timestamp / 1000), value.fc));
  const times: number[] = [];
  await new Promise<void>((resolve) => {
    subscriber.on("ended", () => resolve());
    subscriber.attach(
      accessUnitFeed(
        (async function* () {
          for await (const packet of source as AsyncIterable<AccessUnit>) {
            if (packet.kind === "video") times.push(Math.round(packet.timestamp / 1000));
            yield packet;
          }
        })(),
      ),
    );
  });
  subscriber.close();
  for (const time of times) numbers.push(found.get(time));
  return numbers;
}

describe("a pipeline", () => {
  it("encodes each frame once, with its message, for all outputs", async () => {
    const [one, other] = [new KeptOutput(), new KeptOutput()];
    const pipeline = pipelineOf({ profile: seiModule("CUSTOM_UUID00000"), outputs: { one, other }, seiEveryFrames: 2 });
    await pipeline.start();
    for (let index = 0; index < 10; index += 1) {
      const inference = { detections: [{ class: "person", confidence: index / 10 }] };
      const { accessUnit } = await pipeline.pushFrame(frame(index), { inference, custom: { index } });
      expect(accessUnit).toBe(one.accessUnits.at(-1));
    }
    expect(other.accessUnits).toEqual(one.accessUnits);
    const subscriber = new SeiSubscriber({ profiles: [seiModule("CUSTOM_UUID00000")] });
    const perFrame = one.accessUnits.map(({ nalUnits }) =>
      nalUnits.flatMap((nal) =>
        pushBytes(subscriber, Buffer.concat([Uint8Array.of(0, 0, 1), nal]), { format: "annexb" }),
      ),
    );
    expect(perFrame.map((messages) => messages.map(({ value }) => (value as { cus: unknown }).cus))).toEqual(
      Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? [{ index }] : [])),
    );
    expect(pipeline.stats()).toMatchObject({ framesEncoded: 10, messages: 5, framesRefused: 0, framesQueued: 0 });
    subscriber.close();
  });

  it("records what a trigger sees, and what it is told", async () => {
    const [events, completed]: [PipelineEvent[], RecordingInfo[]] = [[], []];
    const pipeline = pipelineOf({
      recorder: { folder: join(folder, "events"), preEventFrames: 20, postEventFrames: 20 },
      triggers: [{ type: "detection", classes: ["person"], minConfidence: 0.7, cooldownMs: 60_000 }],
    });
    pipeline.on("triggered", (event) => events.push(event)).on("recordingCompleted", (info) => completed.push(info));
    await pipeline.start();
    for (let index = 0; index < 100; index += 1) {
      const detections = index >= 50 ? [{ class: "person", confidence: 0.9 }] : [];
      const { event } = await pipeline.pushFrame(frame(index), { inference: { detections }, taskId: "gate" });
      expect(event?.type).toBe(index === 50 ? "detection" : undefined);
      if (index === 60) pipeline.triggerEvent("alarm", { taskId: "gate" });
    }
    await pipeline.stop();
    expect(events.map(({ type, taskId }) => [type, taskId])).toEqual([
      ["detection", "gate"],
      ["alarm", "gate"],
    ]);
    expect(completed.map(({ eventId, eventType }) => [eventId, eventType])).toEqual(
      events.map(({ id, type }) => [id, type]),
    );
    await using source = await openSource(completed[0]?.path ?? "");
    expect(await numbersIn(source)).toEqual(Array.from({ length: 41 }, (_, index) => 30 + index));
  });

  it("tells and records every trigger that sees something in a frame", async () => {
    const pipeline = pipelineOf({
      recorder: { folder: join(folder, "both"), postEventFrames: 1 },
      triggers: [{ type: "anomaly" }, { type: "count", classes: ["person"], atLeast: 1 }],
    });
    const told: unknown[] = [];
    pipeline.on("triggered", ({ type, id }) => told.push([type, typeof id]));
    await pipeline.start();
    const inference = { anomaly: 0.9, detections: [{ class: "person" }] };
    const { event } = await pipeline.pushFrame(frame(0), { inference });
    expect(event?.type).toBe("anomaly");
    await pipeline.stop();
    expect(told).toEqual([
      ["anomaly", "string"],
      ["count", "string"],
    ]);
    expect(pipeline.stats().recorder).toMatchObject({ started: 2, completed: 2 });
  });

  it("refuses an address that no output takes, at once", async () => {
    const pipeline = pipelineOf();
    await expect(pipeline.start("ftp://127.0.0.1/live")).rejects.toThrow("outputs.main: expected an address");
    await pipeline.start();
    expect(() => pipeline.addOutput("late", "stream.xyz")).toThrow("outputs.late: expected an address");
  });

  it("goes on where an output throws, and says so", async () => {
    const good = new KeptOutput();
    const bad = {
      write() {
        throw new Error("broken pipe");
      },
    };
    const failed: string[] = [];
    const pipeline = pipelineOf({ outputs: { bad, good } });
    pipeline.on("outputFailed", (error, name) => failed.push(`${name}: ${error.message}`));
    await pipeline.start();
    for (let index = 0; index < 5; index += 1) await pipeline.pushFrame(frame(index));
    expect(good.accessUnits).toHaveLength(5);
    expect(failed).toEqual(Array.from({ length: 5 }, () => "bad: broken pipe"));
  });

  it("makes whoever waits for it go no faster than the encoder, and refuses whoever does not", async () => {
    const pipeline = pipelineOf({ maxQueued: 5 });
    await pipeline.start();
    let taken = 0;
    for (let index = 0; index < 50; index += 1) {
      try {
        pipeline.pushFrameAsync(frame(index));
        taken += 1;
      } catch (error) {
        expect(error).toMatchObject({ name: "PipelineError", code: "queue-full" });
      }
    }
    expect(pipeline.stats()).toMatchObject({ framesQueued: 5, framesRefused: 45 });
    const pushed = await Promise.all(Array.from({ length: 20 }, (_, index) => pipeline.pushFrame(frame(100 + index))));
    expect(pushed.map(({ accessUnit }) => (accessUnit?.timestamp ?? 0) / 40_000)).toEqual(
      Array.from({ length: 20 }, (_, index) => 100 + index),
    );
    expect(pipeline.stats()).toMatchObject({ framesEncoded: taken + 20, framesQueued: 0 });
  });

  it("refuses a frame of the wrong size, takes another size when it is told, and nothing once it is stopped", async () => {
    const output = new KeptOutput();
    const pipeline = pipelineOf({ outputs: { output } });
    await expect(pipeline.pushFrame(frame(0))).rejects.toMatchObject({ code: "not-running" });
    await pipeline.start();
    await pipeline.pushFrame(frame(0));
    const small = { data: new Uint8Array(80 * 60 * 1.5), format: "I420", codedWidth: 80, codedHeight: 60 } as const;
    await expect(pipeline.pushFrame({ ...small, timestamp: 40_000 })).rejects.toThrow("codedWidth is 80");
    pipeline.setResolution(80, 60);
    expect((await pipeline.pushFrame({ ...small, timestamp: 40_000 })).accessUnit?.isKeyFrame).toBe(true);
    await pipeline.stop();
    await pipeline.stop();
    expect(() => pipeline.pushFrameAsync(frame(2))).toThrow("not running");
    expect(output.accessUnits).toHaveLength(2);
  });

  it("takes an encoder of one's own, which it leaves open", async () => {
    using own = await createEncoder(encoder);
    const pipeline = pipelineOf({ encoder: own });
    await pipeline.start();
    await pipeline.pushFrame(frame(0));
    await pipeline.stop();
    expect(await own.encode(frame(1))).toBeDefined();
  });

  it("is back at an RTMP server that was killed and started again, while its recording goes on", async () => {
    const file = (name: string) => join(folder, name);
    const server = await startNodeMediaServer(file);
    const kept = new KeptOutput();
    const told: string[] = [];
    const pipeline = pipelineOf({ outputs: { kept } });
    pipeline.on("outputConnected", (name) => told.push(`connected ${name}`));
    pipeline.on("outputFailed", (_, name) => told.push(`failed ${name}`));
    await pipeline.start(`rtmp://127.0.0.1:${server.rtmp}/live/key`);
    let index = 0;
    const playing = setInterval(() => pipeline.pushFrameAsync(frame(index++)), 40);
    onTestFinished(() => clearInterval(playing));
    await until(() => (pipeline.stats().outputs.main?.frames ?? 0) > 20);
    await server.program.stop();
    await until(() => told.includes("failed main"));
    await using again = await startNodeMediaServer(file, server.rtmp);
    await until(() => told.filter((line) => line === "connected main").length === 2);
    await until(() => (pipeline.stats().outputs.main?.frames ?? 0) > 60);
    await using source = await openSource(`rtmp://127.0.0.1:${again.rtmp}/live/key`);
    const seen: number[] = [];
    const subscriber = new SeiSubscriber<{ fc: number }>();
    subscriber.on("message", ({ value }) => seen.push(value.fc));
    subscriber.attach(accessUnitFeed(source));
    await until(() => seen.length > 20);
    subscriber.close();
    clearInterval(playing);
    await pipeline.stop();
    expect(kept.accessUnits).toHaveLength(index);
    expect(pipeline.stats().outputs).toEqual({});
  });

  it("names the option that is wrong", () => {
    for (const [options, message] of [
      [undefined, "encoder: expected options or an encoder"],
      [{}, "encoder: expected options or an encoder"],
      [{ encoder, output: {} }, "output: no such option"],
      [{ encoder, seiEveryFrames: 0 }, "seiEveryFrames: expected a positive integer, got 0"],
      [{ encoder, maxQueued: Number.NaN }, "maxQueued: expected a positive integer"],
      [{ encoder, outputs: { web: 5 } }, "outputs.web: expected an address"],
      [{ encoder, outputs: { web: "ftp://127.0.0.1/x" } }, "outputs.web: expected an address"],
      [{ encoder, triggers: [{ type: "motion" }] }, "type: expected one of"],
    ] as const) {
      expect(() => new SeiPipeline(options as never)).toThrow(message);
    }
  });
});
