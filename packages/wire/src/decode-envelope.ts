import { formatUuid } from "@inband/h264";
import { type Envelope, envelopeMark, envelopeVersion, maxFragments, maxTopicBytes } from "./envelope.ts";
import { MessagePackReader } from "./messagepack-reader.ts";
import { badEnvelope, WireError } from "./wire-error.ts";

/** Whether a payload is an envelope of any version: nothing else begins so. */
export function isEnvelope(payload: Uint8Array): boolean {
  return payload[0] === envelopeMark;
}

/**
 * Reads an envelope. Its body is a view, checked to be one value (or a fragment) but not decoded: copies can be told by
 * their id before anything is paid for the value.
 *
 * @throws WireError `bad-envelope` or `unknown-version`.
 */
export function decodeEnvelope(payload: Uint8Array): Envelope {
  const version = payload[1];
  if (!isEnvelope(payload) || version === undefined) throw badEnvelope("no envelope", 0);
  if (version !== envelopeVersion) {
    throw new WireError("unknown-version", `Envelope of version ${version}`, {
      version,
    });
  }
  const reader = new MessagePackReader(payload, 2);
  const fields = reader.arrayLength();
  if (fields < 9) throw badEnvelope(`an array of ${fields} fields`, 2);
  const id = readId(reader);
  const source = reader.uint32();
  const sequence = reader.uint32();
  const topic = reader.text(maxTopicBytes);
  const flags = reader.uint32();
  const age = reader.uint32();
  const index = reader.uint32();
  const count = reader.uint32();
  if (index >= count || count > maxFragments) throw badEnvelope(`fragment ${index} of ${count}`, reader.start);
  const body = count === 1 ? reader.encoded() : reader.bytes();
  if (body.length === 0) throw badEnvelope("no body", reader.start);
  for (let further = fields - 9; further > 0; further -= 1) reader.skip();
  if (reader.at !== payload.length) throw badEnvelope("bytes after the end", reader.at);
  return { id, source, sequence, topic, flags, age, index, count, body };
}

function readId(reader: MessagePackReader): string {
  const bytes = reader.bytes();
  // UUIDv7: version 7 in the high bits of byte 6, variant 10 in those of byte 8 (RFC 9562 5.7).
  if (bytes.length === 16 && (bytes[6] as number) >> 4 === 7 && (bytes[8] as number) >> 6 === 2) {
    return formatUuid(bytes);
  }
  throw badEnvelope("no UUIDv7", reader.start);
}
