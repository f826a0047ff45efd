import { buildSei, buildUserDataUnregistered } from "@inband/h264";
import { type EncodedPayload, encodeEnvelope } from "./encode-envelope.ts";
import { encodeForeign } from "./encode-foreign.ts";
import { encodeValue } from "./encode-value.ts";
import { type Envelope, maxTopicBytes } from "./envelope.ts";
import type { Profile } from "./profile.ts";
import { WireError } from "./wire-error.ts";

/** What an envelope says about a message beside its value. Profiles without an envelope leave it out. */
export interface MessageHeader {
  /** From `createMessageId`. */
  readonly id: string;
  /** uint32, random for each publisher. */
  readonly source: number;
  /** uint32. */
  readonly sequence: number;
  readonly topic?: string;
  /** Bits of `EnvelopeFlag`. It defaults to 0. */
  readonly flags?: number;
}

/** What a fragment's index and count may take beyond the one byte each that the measured envelope has. */
const countSlackBytes = 4;

/**
 * A message as the payloads of user_data_unregistered messages under the profile's UUID: one, or its fragments in order.
 *
 * @throws TypeError for a value that the profile cannot carry; RangeError for a topic of more than 255 bytes; WireError
 * `payload-too-large`.
 */
export function encodeMessage(profile: Profile, value: unknown, header: MessageHeader): EncodedPayload[] {
  if (profile.encoding !== "envelope") {
    const payload = encodeForeign(profile, value, header);
    checkSize(profile, payload.length);
    return [{ payload }];
  }
  checkTopic(header.topic);
  const body = encodeValue(value);
  const whole: Envelope = {
    id: header.id,
    source: header.source,
    sequence: header.sequence,
    topic: header.topic,
    flags: header.flags ?? 0,
    age: 0,
    index: 0,
    count: 1,
    body,
  };
  if (profile.maxNalUnitBytes === undefined) {
    const encoded = encodeEnvelope(whole);
    checkSize(profile, encoded.payload.length);
    return [encoded];
  }
  checkSize(profile, body.length);
  return fragment(profile.uuid, whole, profile.maxNalUnitBytes);
}

function fragment(uuid: Uint8Array, whole: Envelope, maxBytes: number): EncodedPayload[] {
  const encoded = encodeEnvelope(whole);
  const { length } = encoded.payload;
  if (mostNalUnitBytes(length) <= maxBytes || nalUnitBytes(uuid, encoded.payload) <= maxBytes) return [encoded];
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < whole.body.length; ) {
    const piece = largestPiece(uuid, whole, at, maxBytes - countSlackBytes);
    pieces.push(piece);
    at += piece.length;
  }
  return pieces.map((body, index) => encodeEnvelope({ ...whole, body, index, count: pieces.length }));
}

/**
 * The longest piece of the body from an offset whose NAL unit fits. Escaping may add up to a half, so sizes are measured
 * escaped; the age is zero here, which takes the most escaping.
 */
function largestPiece(uuid: Uint8Array, whole: Envelope, from: number, maxBytes: number): Uint8Array {
  let length = Math.min(whole.body.length - from, maxBytes);
  for (;;) {
    const body = whole.body.subarray(from, from + length);
    const excess = nalUnitBytes(uuid, encodeEnvelope({ ...whole, body, count: 2 }).payload) - maxBytes;
    if (excess <= 0) return body;
    length -= Math.max(1, Math.ceil((excess * 2) / 3));
  }
}

/** What a payload of so many bytes takes at most: a half more for escaping, and what an SEI NAL unit adds to it. */
function mostNalUnitBytes(payloadBytes: number): number {
  const rbspBytes = payloadBytes + 16 + Math.floor((payloadBytes + 16) / 255) + 4;
  return rbspBytes + Math.ceil(rbspBytes / 2);
}

function nalUnitBytes(uuid: Uint8Array, payload: Uint8Array): number {
  return buildSei([{ payloadType: 5, payload: buildUserDataUnregistered({ uuid, payload }) }]).length;
}

function checkTopic(topic: string | undefined): void {
  if (topic === undefined) return;
  if (!topic.isWellFormed()) throw new TypeError("topic: a string with a lone surrogate cannot be carried");
  const { length } = new TextEncoder().encode(topic);
  if (length > maxTopicBytes) throw new RangeError(`topic: at most ${maxTopicBytes} bytes of UTF-8, got ${length}`);
}

function checkSize(profile: Profile, actualBytes: number): void {
  const limitBytes = profile.maxMessageBytes;
  if (actualBytes <= limitBytes) return;
  throw new WireError(
    "payload-too-large",
    `The message takes ${actualBytes} bytes; profile ${profile.name} carries at most ${limitBytes}`,
    { limitBytes, actualBytes },
  );
}
