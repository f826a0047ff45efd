import { type Envelope, envelopeMark, envelopeVersion } from "./envelope.ts";
import { parseMessageId } from "./message-id.ts";

/** What goes inside the payload of one user_data_unregistered message. */
export interface EncodedPayload {
  readonly payload: Uint8Array<ArrayBuffer>;
  /** Where the four bytes of the age lie in it, for an outbox to write in place; absent where there is no age. */
  readonly ageOffset?: number;
  /** How many bytes of it are the encoded value, or this fragment of it; absent where there is no envelope. */
  readonly valueBytes?: number;
}

/** Everything but the age is at most this long before the topic and the body: see SPEC.md. */
const fixedBytes = 48;

/** The bytes of an envelope and where its age is. */
export function encodeEnvelope(envelope: Envelope): Required<EncodedPayload> {
  const topic = envelope.topic === undefined ? undefined : new TextEncoder().encode(envelope.topic);
  const bytes = new Uint8Array(fixedBytes + (topic?.length ?? 0) + envelope.body.length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const uint = (value: number): void => {
    if (value < 0x80) bytes[at++] = value;
    else if (value < 0x100) {
      bytes[at++] = 0xcc;
      bytes[at++] = value;
    } else if (value < 0x1_0000) {
      bytes[at++] = 0xcd;
      view.setUint16(at, value);
      at += 2;
    } else uint32(value);
  };
  const uint32 = (value: number): void => {
    bytes[at++] = 0xce;
    view.setUint32(at, value);
    at += 4;
  };
  bytes[at++] = envelopeMark;
  bytes[at++] = envelopeVersion;
  bytes[at++] = 0x99;
  bytes[at++] = 0xc4;
  bytes[at++] = 16;
  bytes.set(parseMessageId(envelope.id), at);
  at += 16;
  uint32(envelope.source);
  uint(envelope.sequence);
  if (topic === undefined) bytes[at++] = 0xc0;
  else {
    if (topic.length < 32) bytes[at++] = 0xa0 | topic.length;
    else {
      bytes[at++] = 0xd9;
      bytes[at++] = topic.length;
    }
    bytes.set(topic, at);
    at += topic.length;
  }
  uint(envelope.flags);
  uint32(envelope.age);
  const ageOffset = at - 4;
  uint(envelope.index);
  uint(envelope.count);
  if (envelope.count > 1) {
    const { length } = envelope.body;
    if (length < 0x100) {
      bytes[at++] = 0xc4;
      bytes[at++] = length;
    } else {
      bytes[at++] = 0xc5;
      view.setUint16(at, length);
      at += 2;
    }
  }
  bytes.set(envelope.body, at);
  at += envelope.body.length;
  return { payload: bytes.slice(0, at), ageOffset, valueBytes: envelope.body.length };
}
