import { parseUuid, SeiPayloadType } from "@inband/h264";
import { fillContent, type ProbeContent, probeContents } from "./probe-content.ts";

/** One message of a probe, whose number says all about it. */
export interface ProbeMessage {
  /** From 0; in the order of sending. */
  readonly number: number;
  readonly uuid: Uint8Array;
  /** user_data_payload_byte; the number is in it, or in the UUID where there is no room. */
  readonly payload: Uint8Array;
  /** What the bytes behind the number are like. */
  readonly content: ProbeContent;
  /** Of the SEI message that carries it: 5, unless another is asked for. */
  readonly payloadType: number;
}

/** Bytes that name a probe and a message of it: 6 characters, 6 digits. They need no emulation prevention. */
const identityBytes = 12;
/** A number has 6 digits. */
export const maxProbeMessages = 1_000_000;

/**
 * Sizes of payloads. With their UUID they lie on both sides of 255, 510 and 765 bytes, where payloadSize takes another
 * ff_byte (ITU-T H.264 7.3.2.3.1). Their count shares no divisor with that of contents and UUIDs, so that in time each
 * meets each.
 */
const probeSizes: readonly number[] = [
  100, 0, 239, 12, 1000, 1, 494, 16, 238, 750, 2, 64, 240, 493, 5, 900, 15, 241, 749, 3, 237, 495, 748,
];

/** UUIDs that readers and middle boxes treat each in their own way. */
const uuids: readonly Uint8Array[] = [
  // inband
  "73fe4a2c-0b55-4d3c-8155-c37ebacbdefc",
  // Amazon IVS
  "9e504ea5-ee5a-4f02-949f-b033a3768da2",
  // x264, beside whose banner messages must not be taken for it
  "dc45e9bd-e6d9-48b7-962c-d820d923eeef",
  // nobody's, with bytes that need emulation prevention
  "00000000-0000-0001-0000-000300000002",
  // nobody's
  "5f0c2f5e-7d9b-4c55-9a3e-6f1b8f2a4d77",
].map(parseUuid);

/** In front of the identity in the UUID of a message that has no room for it. */
const tinyPrefix = "prb:";

/** What a message is like that does not follow from its number. */
export interface ProbeMessageOptions {
  /**
   * Bytes behind the UUID.
   *
   * @defaultValue by the number, 0 to 1000
   */
  readonly payloadBytes?: number;
  /** @defaultValue by the number */
  readonly content?: ProbeContent;
  /** @defaultValue 5, user_data_unregistered */
  readonly payloadType?: number;
}

/**
 * The message of this number of a probe: the same in every place that knows the id and the options.
 *
 * @throws RangeError for an id that is not 6 lower-case letters and digits, or a number that is not an integer from 0 to
 * 999999.
 */
export function probeMessage(id: string, number: number, options: ProbeMessageOptions = {}): ProbeMessage {
  checkProbeId(id);
  if (!Number.isInteger(number) || number < 0 || number >= maxProbeMessages) {
    throw new RangeError(`number: expected an integer from 0 to ${maxProbeMessages - 1}, got ${number}`);
  }
  const {
    payloadBytes = probeSizes[number % probeSizes.length] as number,
    content = probeContents[number % probeContents.length] as ProbeContent,
    payloadType = SeiPayloadType.UserDataUnregistered,
  } = options;
  const payload = new Uint8Array(payloadBytes);
  const identity = id + String(number).padStart(6, "0");
  if (payload.length < identityBytes) {
    fillContent(payload, content, number);
    return { number, uuid: ascii(tinyPrefix + identity), payload, content, payloadType };
  }
  payload.set(ascii(identity));
  fillContent(payload.subarray(identityBytes), content, number);
  return { number, uuid: uuids[number % uuids.length] as Uint8Array, payload, content, payloadType };
}

/** The identity is in the first 28 bytes; some are added or missing where a hop escapes wrongly. */
const identityWithin = 40;

/** The number of a message of the probe, of the bytes of its UUID and its payload; undefined for any other. */
export function probeNumber(id: string, bytes: Uint8Array): number | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, identityWithin));
  const at = text.indexOf(id);
  const digits = at < 0 ? "" : text.slice(at + id.length, at + identityBytes);
  return /^\d{6}$/.test(digits) ? Number(digits) : undefined;
}

/** @throws RangeError */
export function checkProbeId(id: string): void {
  if (!/^[0-9a-z]{6}$/.test(id)) throw new RangeError(`id: expected 6 lower-case letters and digits, got "${id}"`);
}

function ascii(value: string): Uint8Array {
  return Uint8Array.from(value, (character) => character.charCodeAt(0));
}
