import { checkOptions, kindOf } from "@inband/wire";
import type { Inference, Point } from "./inference.ts";

/** What all triggers may be told. */
interface AnyTrigger {
  /** After an event there is none for so long, in milliseconds. @defaultValue 5000 */
  readonly cooldownMs?: number;
}

/** Which detections a trigger looks at. */
interface DetectionTrigger extends AnyTrigger {
  /** @defaultValue every class */
  readonly classes?: readonly string[];
  /** From 0 to 1. @defaultValue 0.5 */
  readonly minConfidence?: number;
}

/** What an {@link EventTrigger} waits for. */
export type EventTriggerOptions =
  /** One such detection. */
  | ({ readonly type: "detection" } & DetectionTrigger)
  /** So many of them in one picture. */
  | ({ readonly type: "count"; readonly atLeast: number } & DetectionTrigger)
  /**
   * One that a tracker follows goes over a line, by the middle of the lower edge of its box. Seen from the first point of
   * the line towards the second, in a picture whose y grows downwards, `left` is where it comes from or goes to.
   */
  | ({
      readonly type: "crossLine";
      readonly line: readonly [Point, Point];
      /** @defaultValue "either" */
      readonly direction?: "either" | "leftToRight" | "rightToLeft";
    } & DetectionTrigger)
  /** One stands in a region: a polygon, whose last corner is joined to its first. */
  | ({ readonly type: "intrusion"; readonly region: readonly Point[] } & DetectionTrigger)
  /** The picture is unusual. */
  | ({
      readonly type: "anomaly";
      /** From 0 to 1. @defaultValue 0.5 */
      readonly minScore?: number;
    } & AnyTrigger)
  /** Whatever your code says; an object that it returns becomes the `metadata` of the event. */
  | ({
      readonly type: "custom";
      evaluate(inference: Inference, atMs: number): boolean | Readonly<Record<string, unknown>> | undefined;
    } & AnyTrigger);

/** What an event may be of. */
export type EventType = EventTriggerOptions["type"];

const detectionNames = ["cooldownMs", "classes", "minConfidence"];

const namesOf: Readonly<Record<EventType, readonly string[]>> = {
  detection: detectionNames,
  count: [...detectionNames, "atLeast"],
  crossLine: [...detectionNames, "line", "direction"],
  intrusion: [...detectionNames, "region"],
  anomaly: ["cooldownMs", "minScore"],
  custom: ["cooldownMs", "evaluate"],
};

/** @throws TypeError or RangeError that names the option. */
export function checkEventTrigger(options: EventTriggerOptions): void {
  const type = options?.type;
  const names = Object.hasOwn(namesOf, type) ? namesOf[type] : undefined;
  if (names === undefined) {
    throw new TypeError(`type: expected one of ${Object.keys(namesOf).join(", ")}, got ${kindOf(type)}`);
  }
  checkOptions(options, new Set(["type", ...names]));
  const given: Readonly<Record<string, unknown>> = { ...options };
  for (const name of ["minConfidence", "minScore"]) {
    const value = given[name];
    if (value !== undefined && !(typeof value === "number" && value >= 0 && value <= 1)) {
      throw new RangeError(`${name}: expected 0 to 1, got ${String(value)}`);
    }
  }
  const { cooldownMs = 0 } = options;
  if (!(typeof cooldownMs === "number" && cooldownMs >= 0)) {
    throw new RangeError(`cooldownMs: expected 0 or more, got ${String(cooldownMs)}`);
  }
  const { classes } = given;
  if (classes !== undefined && !(Array.isArray(classes) && classes.every((name) => typeof name === "string"))) {
    throw new TypeError("classes: expected an array of strings");
  }
  checkOwn(options);
}

function checkOwn(options: EventTriggerOptions): void {
  switch (options.type) {
    case "count":
      if (!Number.isInteger(options.atLeast) || options.atLeast < 1) {
        throw new RangeError(`atLeast: expected a positive integer, got ${String(options.atLeast)}`);
      }
      break;
    case "crossLine": {
      const { line, direction = "either" } = options;
      if (!arePoints(line) || line.length !== 2) throw new TypeError("line: expected two points, [[x, y], [x, y]]");
      if (line[0][0] === line[1][0] && line[0][1] === line[1][1]) throw new RangeError("line: its points are the same");
      if (!["either", "leftToRight", "rightToLeft"].includes(direction)) {
        throw new TypeError(`direction: expected either, leftToRight or rightToLeft, got ${String(direction)}`);
      }
      break;
    }
    case "intrusion":
      if (!arePoints(options.region) || options.region.length < 3) {
        throw new TypeError("region: expected three points or more, [[x, y], ...]");
      }
      break;
    case "custom":
      if (typeof options.evaluate !== "function") throw new TypeError("evaluate: expected a function");
      break;
    default:
  }
}

function arePoints(value: unknown): value is readonly Point[] {
  return (
    Array.isArray(value) &&
    value.every((point) => Array.isArray(point) && point.length === 2 && point.every((at) => Number.isFinite(at)))
  );
}
