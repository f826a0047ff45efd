import { encodeJson } from "./encode-json.ts";
import { messageIdTimeMs } from "./message-id.ts";
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
      return encodeJson(stagesSeiObject(profile, value, seconds));
    case "sei-module":
      return encodeJson(seiModuleObject(profile, value, seconds, header.sequence));
    default:
      return rawBytes(profile, value);
  }
}

function stagesSeiObject(profile: Profile, value: unknown, timestamp: number): object {
  if (typeof value === "string") return { text: value, timestamp, type: "text_content" };
  const object = objectOf(profile, value, "a string or an object");
  return Object.hasOwn(object, "timestamp") ? object : { ...object, timestamp };
}

function seiModuleObject(profile: Profile, value: unknown, seconds: number, sequence: number): object {
  const expected = "an object of ts, it, fc, inf and cus";
  const { ts, it, fc, inf, cus, ...others } = objectOf(profile, value, expected);
  const [other] = Object.keys(others);
  if (other !== undefined) throw new TypeError(`value.${other}: profile ${profile.name} carries ${expected}`);
  const { includeTimestamp = true, includeFrameCount = true } = profile;
  const members = {
    ts: numberOf("ts", ts) ?? (includeTimestamp ? seconds : undefined),
    it: numberOf("it", it) ?? (includeTimestamp ? seconds : undefined),
    fc: numberOf("fc", fc) ?? (includeFrameCount ? sequence : undefined),
    inf,
    cus,
  };
  return Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined));
}

function numberOf(name: string, value: unknown): number | undefined {
  if (value === undefined || typeof value === "number") return value;
  throw new TypeError(`value.${name}: expected a number, got ${typeof value}`);
}

function objectOf(profile: Profile, value: unknown, expected: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)) {
    return value as Record<string, unknown>;
  }
  throw new TypeError(`value: profile ${profile.name} carries ${expected}, got ${nameOf(value)}`);
}

function rawBytes(profile: Profile, value: unknown): Uint8Array<ArrayBuffer> {
  if (!(value instanceof Uint8Array)) {
    throw new TypeError(`value: profile ${profile.name} carries a Uint8Array, got ${nameOf(value)}`);
  }
  if (value.length === 0) throw new TypeError(`value: profile ${profile.name} carries at least one byte`);
  return Uint8Array.from(value);
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : typeof value;
}
