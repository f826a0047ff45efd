import { kindOf } from "./kind-of.ts";
import { messageIdTimeMs } from "./message-id.ts";
import { plainValue } from "./plain-value.ts";
import type { Profile } from "./profile.ts";

/** What the writers of foreign payloads take from the header of a message. */
interface ForeignHeader {
  readonly id: string;
  readonly sequence: number;
}

/** The payload of a profile without envelopes. Throws TypeError for a value that it does not carry. */
export function encodeForeign(profile: Profile, value: unknown, header: ForeignHeader): Uint8Array<ArrayBuffer> {
  const seconds = messageIdTimeMs(header.id) / 1000;
  switch (profile.encoding) {
    case "stages-sei":
      return utf8Json(stagesSeiObject(profile, value, seconds));
    case "sei-module":
      return utf8Json(seiModuleObject(profile, value, seconds, header.sequence));
    default:
      return rawBytes(profile, value);
  }
}

function stagesSeiObject(profile: Profile, value: unknown, timestamp: number): object {
  if (typeof value === "string") return { text: plainValue(value, "json"), timestamp, type: "text_content" };
  const object = objectOf(profile, value, "a string or an object");
  return Object.hasOwn(object, "timestamp") ? object : { ...object, timestamp };
}

function seiModuleObject(profile: Profile, value: unknown, seconds: number, sequence: number): object {
  const expected = "an object of ts, it, fc, inf and cus";
  const { ts, it, fc, inf, cus, ...others } = objectOf(profile, value, expected);
  const [other] = Object.keys(others);
  if (other !== undefined) throw new TypeError(`value.${other}: profile ${profile.name} carries ${expected}`);
  const { includeTimestamp = true, includeFrameCount = true } = profile;
  return {
    ts: numberOf("ts", ts) ?? (includeTimestamp ? seconds : undefined),
    it: numberOf("it", it) ?? (includeTimestamp ? seconds : undefined),
    fc: numberOf("fc", fc) ?? (includeFrameCount ? sequence : undefined),
    inf,
    cus,
  };
}

function numberOf(name: string, value: unknown): number | undefined {
  if (value === undefined || typeof value === "number") return value;
  throw new TypeError(`value.${name}: expected a number, got ${kindOf(value)}`);
}

/** A copy of the object in plain data. */
function objectOf(profile: Profile, value: unknown, expected: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)) {
    return plainValue(value, "json") as Record<string, unknown>;
  }
  throw new TypeError(`value: profile ${profile.name} carries ${expected}, got ${kindOf(value)}`);
}

function rawBytes(profile: Profile, value: unknown): Uint8Array<ArrayBuffer> {
  if (!(value instanceof Uint8Array)) {
    throw new TypeError(`value: profile ${profile.name} carries a Uint8Array, got ${kindOf(value)}`);
  }
  if (value.length === 0) throw new TypeError(`value: profile ${profile.name} carries at least one byte`);
  return new Uint8Array(value);
}

/** Of plain data. */
function utf8Json(value: object): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}
