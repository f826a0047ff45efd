import { buildUserDataSei } from "@inband/h264";
import { encodeEnvelope } from "./encode-envelope.ts";
import { type Envelope, maxFragments } from "./envelope.ts";

/** What a SEI NAL unit has around a UUID and its bytes: header, payload type, a size of 1 kB (ff ff ff ff 00), trailing bits. */
const seiBytes = 8;

/** Length field of a fragment of 256 bytes or more. */
const lengthBytes = 3;

/** Index, count and lengths may take more emulation prevention bytes than those that are measured. */
const slackBytes = 4;

/** Whether a SEI NAL unit of this size takes the payload, escaped. */
export function fitsNalUnit(uuid: Uint8Array, payload: Uint8Array, maxBytes: number): boolean {
  const bytes = seiBytes + uuid.length + payload.length;
  // Escaping adds a half at most.
  return bytes + Math.ceil(bytes / 2) <= maxBytes || buildUserDataSei({ uuid, payload }).length <= maxBytes;
}

/**
 * The body of an envelope in pieces, each as long as a SEI NAL unit of `maxBytes` takes as a fragment. Escaping may add up
 * to a half, so sizes are those of escaped bytes, found in one walk over the body; the age is zero here, which takes the
 * most escaping.
 */
export function bodyPieces(uuid: Uint8Array, whole: Envelope, maxBytes: number): Uint8Array[] {
  const { body } = whole;
  const header = encodeEnvelope({ ...whole, body: new Uint8Array(0), index: maxFragments - 1, count: maxFragments });
  const headerBytes = escapedBytes(uuid) + escapedBytes(header.payload);
  const room = maxBytes - seiBytes - headerBytes - lengthBytes - slackBytes;
  const pieces: Uint8Array[] = [];
  let from = 0;
  let used = 0;
  let zeros = 2;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at] as number;
    const isEscaped = zeros === 2 && byte <= 3;
    if (used + (isEscaped ? 2 : 1) > room && at > from) {
      pieces.push(body.subarray(from, at));
      from = at;
      used = byte <= 3 ? 2 : 1;
      zeros = byte === 0 ? 1 : 0;
      continue;
    }
    used += isEscaped ? 2 : 1;
    if (byte !== 0) zeros = 0;
    else zeros = zeros === 2 ? 1 : zeros + 1;
  }
  pieces.push(body.subarray(from));
  return pieces;
}

/** Size with emulation prevention bytes (ITU-T H.264 7.4.1), as if two zeros stood in front: the most that it can be. */
function escapedBytes(bytes: Uint8Array): number {
  let total = bytes.length;
  let zeros = 2;
  for (const byte of bytes) {
    if (zeros === 2 && byte <= 3) total += 1;
    if (byte !== 0) zeros = 0;
    else zeros = zeros === 2 ? 1 : zeros + 1;
  }
  return total;
}
