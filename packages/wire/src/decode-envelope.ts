import { type Envelope, envelopeMark, envelopeVersion, maxFragments, maxTopicBytes } from "./envelope.ts";
import { formatMessageId } from "./message-id.ts";
import { skipValue } from "./messagepack-walk.ts";
import { badEnvelope, WireError } from "./wire-error.ts";

const utf8 = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });

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
  if (!isEnvelope(payload)) throw badEnvelope("not an envelope", 0);
  const version = payload[1];
  if (version === undefined) throw badEnvelope("no version", 1);
  if (version !== envelopeVersion) {
    throw new WireError("unknown-version", `Envelope of version ${version}; this reader knows ${envelopeVersion}`, {
      version,
    });
  }
  const fields = fieldOffsets(payload);
  const field = (index: number): number => fields[index] as number;
  const id = readId(payload, field(0));
  const source = readUint(payload, field(1), "source");
  const sequence = readUint(payload, field(2), "sequence");
  const topic = readTopic(payload, field(3), field(4));
  const flags = readUint(payload, field(4), "flags");
  const age = readUint(payload, field(5), "age");
  const index = readUint(payload, field(6), "index");
  const count = readUint(payload, field(7), "count");
  if (count < 1 || count > maxFragments || index >= count) throw badEnvelope(`fragment ${index} of ${count}`, field(6));
  const body = count === 1 ? payload.subarray(field(8), field(9)) : readBin(payload, field(8), field(9));
  return { id, source, sequence, topic, flags, age, index, count, body };
}

/** Where the first nine fields begin, and where the ninth ends. Later fields are checked and ignored. */
function fieldOffsets(payload: Uint8Array): number[] {
  const tag = payload[2] ?? 0;
  // fixarray, array 16 or array 32.
  const width = tag === 0xdc ? 2 : tag === 0xdd ? 4 : 0;
  if (width === 0 && (tag < 0x90 || tag >= 0xa0)) throw badEnvelope("not an array of fields", 2);
  let at = 3 + width;
  const count = width === 0 ? tag & 15 : readBytes(payload, 3, width);
  if (count < 9) throw badEnvelope(`an array of ${count} fields`, 2);
  const offsets = [at];
  for (let index = 0; index < count; index += 1) {
    at = skipValue(payload, at);
    if (index < 9) offsets.push(at);
  }
  if (at !== payload.length) throw badEnvelope("bytes after the fields", at);
  return offsets;
}

function readId(payload: Uint8Array, at: number): string {
  // UUIDv7: version 7 in the high bits of byte 6, variant 10 in those of byte 8 (RFC 9562 5.7).
  if (payload[at] === 0xc4 && payload[at + 1] === 16) {
    const bytes = payload.subarray(at + 2, at + 18);
    if ((bytes[6] as number) >> 4 === 7 && (bytes[8] as number) >> 6 === 2) return formatMessageId(bytes);
  }
  throw badEnvelope("an id that is no UUIDv7", at);
}

/** A uint32 in any of the forms that MessagePack has for it up to 32 bits. */
function readUint(payload: Uint8Array, at: number, name: string): number {
  const tag = payload[at] as number;
  if (tag < 0x80) return tag;
  const width = tag === 0xcc ? 1 : tag === 0xcd ? 2 : tag === 0xce ? 4 : 0;
  if (width === 0) throw badEnvelope(`a ${name} that is no uint32`, at);
  return readBytes(payload, at + 1, width);
}

/** A big-endian number of so many bytes; those behind the end count as 0. */
function readBytes(payload: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let index = 0; index < width; index += 1) value = value * 256 + (payload[at + index] ?? 0);
  return value;
}

function readTopic(payload: Uint8Array, at: number, end: number): string | undefined {
  const tag = payload[at] as number;
  if (tag === 0xc0) return undefined;
  const head = tag >= 0xa0 && tag < 0xc0 ? 1 : tag >= 0xd9 && tag <= 0xdb ? 1 + (1 << (tag - 0xd9)) : 0;
  if (head === 0 || end - at - head > maxTopicBytes)
    throw badEnvelope("a topic that is no string of up to 255 bytes", at);
  return utf8.decode(payload.subarray(at + head, end));
}

function readBin(payload: Uint8Array, at: number, end: number): Uint8Array {
  const tag = payload[at] as number;
  const head = tag >= 0xc4 && tag <= 0xc6 ? 1 + (1 << (tag - 0xc4)) : 0;
  if (head === 0 || at + head === end) throw badEnvelope("a fragment that is no bytes", at);
  return payload.subarray(at + head, end);
}
