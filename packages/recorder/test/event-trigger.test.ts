import { type Detection, EventTrigger, type EventTriggerOptions } from "@inband/recorder";
import { describe, expect, it } from "vitest";

const person = (more: Partial<Detection> = {}): Detection => ({ class: "person", confidence: 0.85, ...more });

/** A person whose feet are at a place. */
function at(x: number, y: number, trackId?: number): Detection {
  return person({ box: [x - 5, y - 20, 10, 20], ...(trackId !== undefined && { trackId }) });
}

describe("a trigger", () => {
  it("on a detection goes by class and confidence, and tells which ones made the event", () => {
    const trigger = new EventTrigger({ type: "detection", classes: ["person"], minConfidence: 0.7 });
    expect(trigger.evaluate({ detections: [person({ class: "cat" }), person({ confidence: 0.69 })] }, 0)).toBe(
      undefined,
    );
    expect(trigger.evaluate({ detections: [person({ class: "cat" }), person()] }, 10)).toEqual({
      type: "detection",
      atMs: 10,
      detections: [person()],
      metadata: {},
    });
  });

  it("is silent while it cools down, by the clock that it is told, and not where that was set back", () => {
    const trigger = new EventTrigger({ type: "detection" });
    const times = [0, 4999, 5000, 9000, 10_001, 3000].filter((atMs) =>
      trigger.evaluate({ detections: [person()] }, atMs),
    );
    expect(times).toEqual([0, 5000, 10_001, 3000]);
    trigger.reset();
    expect(trigger.evaluate({ detections: [person()] }, 3001)).toBeDefined();
  });

  it("on a count goes by how many there are in one picture", () => {
    const trigger = new EventTrigger({ type: "count", classes: ["person"], atLeast: 3, cooldownMs: 0 });
    const counts = [2, 3, 4].map((count) =>
      trigger.evaluate({ detections: Array.from({ length: count }, () => person()) }, 0),
    );
    expect(counts.map((event) => event?.detections.length)).toEqual([undefined, 3, 4]);
  });

  it("on a region goes by where the feet stand", () => {
    const region = [
      [10, 10],
      [90, 10],
      [90, 90],
      [50, 50],
      [10, 90],
    ] as const;
    const trigger = new EventTrigger({ type: "intrusion", region, cooldownMs: 0 });
    const isIn = (x: number, y: number) => trigger.evaluate({ detections: [at(x, y)] }, 0) !== undefined;
    expect([isIn(20, 30), isIn(50, 40), isIn(50, 80), isIn(95, 20), isIn(85, 80)]).toEqual([
      true,
      true,
      false,
      false,
      true,
    ]);
    expect(trigger.evaluate({ detections: [person()] }, 0)).toBe(undefined);
  });

  it.each([
    ["either", [2, 4, 6]],
    ["leftToRight", [2, 6]],
    ["rightToLeft", [4]],
  ] as const)("on a line tells who goes over it, %s", (direction, expected) => {
    const line = [
      [50, 100],
      [50, 0],
    ] as const;
    const trigger = new EventTrigger({ type: "crossLine", line, direction, cooldownMs: 0 });
    const way = [40, 45, 60, 55, 45, 50, 60];
    const crossed = way.flatMap((x, index) => (trigger.evaluate({ detections: [at(x, 50, 7)] }, index) ? [index] : []));
    expect(crossed).toEqual(expected);
  });

  it("on a line does not mistake one for another, nor a way around its end for one over it", () => {
    const line = [
      [50, 100],
      [50, 0],
    ] as const;
    const trigger = new EventTrigger({ type: "crossLine", line, cooldownMs: 0 });
    const walk = (...detections: Detection[]) =>
      trigger.evaluate({ detections }, 0)?.detections.map(({ trackId }) => trackId);
    expect(walk(at(40, 50, 1), at(60, 50, 2), at(40, 200, 3), at(40, 50))).toBe(undefined);
    expect(walk(at(41, 50, 1), at(40, 50, 2), at(60, 200, 3), at(60, 50))).toEqual([2]);
  });

  it("on an anomaly goes by its score, and one of one's own by what it returns", () => {
    const anomaly = new EventTrigger({ type: "anomaly", minScore: 0.9 });
    expect(anomaly.evaluate({ anomaly: 0.89 }, 0)).toBe(undefined);
    expect(anomaly.evaluate({ anomaly: 0.95 }, 0)).toMatchObject({ type: "anomaly", metadata: { score: 0.95 } });
    const custom = new EventTrigger({
      type: "custom",
      cooldownMs: 0,
      evaluate: ({ goal }) => (goal === "home" ? { by: goal } : goal === true),
    });
    const said = ["home", true, false, undefined].map((goal) => custom.evaluate({ goal }, 0)?.metadata);
    expect(said).toEqual([{ by: "home" }, {}, undefined, undefined]);
  });

  it("passes over what is not shaped as a detection", () => {
    const trigger = new EventTrigger({ type: "detection" });
    for (const detections of [undefined, null, 7, {}, [null, 7, {}, { class: 3 }]]) {
      expect(trigger.evaluate({ detections } as never, 0)).toBe(undefined);
    }
  });

  it("names the option that is wrong", () => {
    for (const [options, message] of [
      [{ type: "motion" }, "type: expected one of detection, count"],
      [{ type: "detection", class: ["person"] }, "class: no such option, expected type, cooldownMs"],
      [{ type: "detection", classes: "person" }, "classes: expected an array of strings"],
      [{ type: "detection", minConfidence: 70 }, "minConfidence: expected 0 to 1, got 70"],
      [{ type: "detection", cooldownMs: -1 }, "cooldownMs: expected 0 or more"],
      [{ type: "count" }, "atLeast: expected a positive integer"],
      [{ type: "crossLine", line: [[0, 0]] }, "line: expected two points"],
      [
        {
          type: "crossLine",
          line: [
            [0, 0],
            [0, 0],
          ],
        },
        "line: its points are the same",
      ],
      [
        {
          type: "crossLine",
          line: [
            [0, 0],
            [1, 0],
          ],
          direction: "up",
        },
        "direction: expected either",
      ],
      [
        {
          type: "intrusion",
          region: [
            [0, 0],
            [1, 1],
          ],
        },
        "region: expected three points or more",
      ],
      [{ type: "custom" }, "evaluate: expected a function"],
    ] as const) {
      expect(() => new EventTrigger(options as unknown as EventTriggerOptions)).toThrow(message);
    }
  });
});
