import { type EncodedPayload, encodeEnvelope } from "./encode-envelope.ts";
import { encodeForeign } from "./encode-foreign.ts";
import { encodeValue } from "./encode-value.ts";
import { type Envelope, maxTopicBytes } from "./envelope.ts";
import { bodyPieces, fitsNalUnit } from "./fragments.ts";
import type { Profile } from "./profile.ts";
import { checkWeight } from "./value-weight.ts";
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

/**
 * A message as the payloads of user_data_unregistered messages under the profile's UUID: one, or its fragments in order.
 *
 * @throws TypeError for a value that the profile cannot carry; RangeError for a topic of more than 255 bytes; WireError
 * `payload-too-large`.
 */
export function encodeMessage(profile: Profile, value: unknown, header: MessageHeader): EncodedPayload[] {
  if (profile.encoding !== "envelope") {
    const payload = within(profile, () => encodeForeign(profile, value, header));
    checkSize(profile, payload.length);
    return [{ payload }];
  }
  checkTopic(header.topic);
  const body = within(profile, () => encodeValue(value));
  checkWeight(value, body.length);
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
  const { maxNalUnitBytes } = profile;
  if (maxNalUnitBytes === undefined) {
    const encoded = encodeEnvelope(whole);
    checkSize(profile, encoded.payload.length);
    return [encoded];
  }
  checkSize(profile, body.length);
  if (body.length < maxNalUnitBytes) {
    const encoded = encodeEnvelope(whole);
    if (fitsNalUnit(profile.uuid, encoded.payload, maxNalUnitBytes)) return [encoded];
  }
  const pieces = bodyPieces(profile.uuid, whole, maxNalUnitBytes);
  return pieces.map((piece, index) => encodeEnvelope({ ...whole, body: piece, index, count: pieces.length }));
}

/** Encodes; a value that no profile carries is larger than this one carries, too. */
function within<Bytes extends Uint8Array>(profile: Profile, encode: () => Bytes): Bytes {
  try {
    return encode();
  } catch (error) {
    if (error instanceof WireError && error.actualBytes !== undefined)
      throw tooLarge(profile, error.actualBytes, error);
    throw error;
  }
}

function checkTopic(topic: string | undefined): void {
  if (topic === undefined) return;
  if (!topic.isWellFormed()) throw new TypeError("topic: a string with a lone surrogate cannot be carried");
  const { length } = new TextEncoder().encode(topic);
  if (length > maxTopicBytes) throw new RangeError(`topic: at most ${maxTopicBytes} bytes of UTF-8, got ${length}`);
}

function checkSize(profile: Profile, actualBytes: number): void {
  if (actualBytes > profile.maxMessageBytes) throw tooLarge(profile, actualBytes);
}

/** With a cause where the size is one that the message exceeds, too. */
function tooLarge({ name, maxMessageBytes: limitBytes }: Profile, actualBytes: number, cause?: WireError): WireError {
  const size = cause === undefined ? `${actualBytes} bytes` : `${actualBytes} bytes or more`;
  return new WireError(
    "payload-too-large",
    `The message takes ${size}; profile ${name} carries at most ${limitBytes}`,
    { limitBytes, actualBytes, ...(cause === undefined ? {} : { cause }) },
  );
}
