import { readdir } from "node:fs/promises";
import { openSink, openSource } from "@inband/media";
import { SeiPublisher } from "@inband/publisher";
import { encodedPictures } from "@inband/rig/encoded-pictures";
import { startInband } from "@inband/rig/inband-process";
import { folder } from "@inband/rig/test-folder";
import { describe, expect, it } from "vitest";
import { parseEventExpression } from "../src/record/event-expression.ts";

/** A recording of 20 seconds with a detection at 8 s, one of low confidence at 4 s, and an alarm at 15 s. */
async function recordStream(path: string): Promise<void> {
  const pictures = await encodedPictures({ width: 96, height: 96, framerate: 10, frames: 200, keyFrameInterval: 1 });
  await using sink = await openSink(path);
  const publisher = new SeiPublisher();
  publisher.attach(sink);
  for (const [index, picture] of pictures.entries()) {
    const { timestamp } = picture;
    const detection = (confidence: number) => ({ detections: [{ class: "person", confidence }] });
    if (index === 40) publisher.publish(detection(0.4), { timestamp });
    if (index === 80) publisher.publish({ fc: index, inf: detection(0.9) }, { timestamp });
    if (index === 150) publisher.publish("fire", { topic: "alarm", timestamp });
    sink.write(picture);
  }
  publisher.close();
  await sink.finish();
}

async function record(...args: string[]): Promise<{ lines: string[]; code: number | null; stderr: string }> {
  await using command = startInband(["record", ...args]);
  const lines: string[] = [];
  for await (const line of command.lines) lines.push(line);
  return { lines, ...(await command.ended) };
}

describe("inband record", () => {
  it("records what was before and after an event that messages make", async (context) => {
    const path = await folder(context);
    await recordStream(path("stream.ts"));
    const common = [path("stream.ts"), "--before", "20", "--after", "10", "--json", "--pattern", "{eventType}.mp4"];
    const [seen, alarm] = await Promise.all([
      record(...common, "--on", "detection:person>0.7", "--folder", path("seen")),
      record(...common, "--on", "topic:alarm", "--folder", path("alarm")),
    ]);
    expect([seen.code, seen.stderr, alarm.code, alarm.stderr]).toEqual([0, "", 0, ""]);
    const [recording] = seen.lines.map((line) => JSON.parse(line) as { path: string; frames: number });
    expect(seen.lines).toHaveLength(1);
    expect(recording).toMatchObject({ eventType: "detection", taskId: "stream" });
    expect([await readdir(path("seen")), await readdir(path("alarm"))]).toEqual([["detection.mp4"], ["alarm.mp4"]]);
    await using source = await openSource(recording?.path ?? "");
    let frames = 0;
    for await (const packet of source) if (packet.kind === "video") frames += 1;
    expect(frames).toBe(recording?.frames);
    expect(frames).toBeGreaterThanOrEqual(30);
  });

  it("says what it does not understand", async () => {
    expect(await record("x.mp4", "--on", "motion")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^--on takes message, topic:NAME/),
    });
  });

  it.each([
    ["message", { kind: "message", topic: undefined }],
    ["topic:alarm", { kind: "message", topic: "alarm" }],
    ["detection:person", { kind: "trigger", options: { type: "detection", classes: ["person"], cooldownMs: 1 } }],
    [
      "detection:person, car>0.75",
      {
        kind: "trigger",
        options: { type: "detection", classes: ["person", "car"], minConfidence: 0.75, cooldownMs: 1 },
      },
    ],
    [
      "count:person>=3",
      { kind: "trigger", options: { type: "count", classes: ["person"], atLeast: 3, cooldownMs: 1 } },
    ],
    ["anomaly>0.8", { kind: "trigger", options: { type: "anomaly", minScore: 0.8, cooldownMs: 1 } }],
  ])("understands %s", (text, expected) => {
    expect(parseEventExpression(text, 1)).toEqual(expected);
  });

  it.each([
    "",
    "topic",
    "message:x",
    "detection",
    "detection:person>7",
    "count:person>3",
    "count:person>=0",
    "anomaly:x",
  ])("refuses %s", (text) => {
    expect(() => parseEventExpression(text, 1)).toThrow("--on takes");
  });
});
