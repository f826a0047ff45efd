import { readdir } from "node:fs/promises";
import { openSource } from "@inband/media";
import { runInband } from "@inband/rig/inband-process";
import { recordMessages } from "@inband/rig/recorded-messages";
import { folder } from "@inband/rig/test-folder";
import { describe, expect, it } from "vitest";
import { parseEventExpression } from "../src/record/event-expression.ts";

/** 20 seconds with a detection at 8 s, one of low confidence at 4 s, and an alarm at 15 s. */
const recordStream = (path: string): Promise<void> =>
  recordMessages(path, 200, (index, say) => {
    const detection = (confidence: number) => ({ detections: [{ class: "person", confidence }] });
    if (index === 40) say(detection(0.4));
    if (index === 80) say({ fc: index, inf: detection(0.9) });
    if (index === 150) say("fire", { topic: "alarm" });
  });

const record = (...args: string[]) => runInband(["record", ...args]);

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
    // One line: anything behind it would not be JSON.
    const recording = JSON.parse(seen.stdout) as { path: string; frames: number };
    expect(recording).toMatchObject({ eventType: "detection", taskId: "stream" });
    expect([await readdir(path("seen")), await readdir(path("alarm"))]).toEqual([["detection.mp4"], ["alarm.mp4"]]);
    await using source = await openSource(recording.path);
    let frames = 0;
    for await (const packet of source) if (packet.kind === "video") frames += 1;
    expect(frames).toBe(recording.frames);
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
