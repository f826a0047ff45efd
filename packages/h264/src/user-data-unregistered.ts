import { escapeRbsp, unescapeEbsp } from "./emulation-prevention.ts";
import { H264Error } from "./h264-error.ts";
import { NalUnitType, seiNalUnitType } from "./nal-unit.ts";
import { seiEnd } from "./sei-end.ts";
import { sumLength, userDataUnregisteredType, visitSei, writeSum } from "./sei-message.ts";

/** user_data_unregistered: bytes under a UUID that says whose they are. ITU-T H.264 D.1.7, D.2.7. */
export interface UserDataUnregistered {
  /** uuid_iso_iec_11578, 16 bytes. */
  readonly uuid: Uint8Array;
  /** user_data_payload_byte, possibly none. */
  readonly payload: Uint8Array;
}

/**
 * The UUID and the bytes of a SEI message of payload type 5, as views. ITU-T H.264 D.1.7.
 *
 * @throws H264Error `truncated` for fewer than 16 bytes.
 */
export function parseUserDataUnregistered(payload: Uint8Array): UserDataUnregistered {
  if (payload.length < 16) {
    throw new H264Error("truncated", `user_data_unregistered takes at least 16 bytes, got ${payload.length}`, {
      offset: payload.length,
      clause: "H.264 D.1.7",
    });
  }
  return { uuid: payload.subarray(0, 16), payload: payload.subarray(16) };
}

/**
 * The payload of a SEI message of type 5, in a fresh buffer. ITU-T H.264 D.1.7.
 *
 * @throws RangeError when the UUID does not have 16 bytes.
 */
export function buildUserDataUnregistered({ uuid, payload }: UserDataUnregistered): Uint8Array<ArrayBuffer> {
  if (uuid.length !== 16) throw new RangeError(`uuid: expected 16 bytes, got ${uuid.length}`);
  const bytes = new Uint8Array(16 + payload.length);
  bytes.set(uuid);
  bytes.set(payload, 16);
  return bytes;
}

/**
 * A whole SEI NAL unit with this one message, in a fresh buffer: what `buildSei` makes of one
 * `buildUserDataUnregistered`, with one copy less. ITU-T H.264 7.3.2.3, D.1.7.
 *
 * @throws RangeError when the UUID does not have 16 bytes.
 */
export function buildUserDataSei({ uuid, payload }: UserDataUnregistered): Uint8Array {
  if (uuid.length !== 16) throw new RangeError(`uuid: expected 16 bytes, got ${uuid.length}`);
  const size = 16 + payload.length;
  const nal = new Uint8Array(3 + sumLength(size) + size);
  nal[0] = NalUnitType.Sei;
  nal[1] = userDataUnregisteredType;
  const at = writeSum(nal, 2, size);
  nal.set(uuid, at);
  nal.set(payload, at + 16);
  nal[at + size] = 0x80;
  return escapeRbsp(nal);
}

/**
 * Visits each complete user_data_unregistered message of a SEI NAL unit, for the media path.
 *
 * Never throws for any bytes (what `visit` throws goes through); a NAL unit of another type has no messages. A start code
 * behind a message ends the NAL unit (7.4.1); one inside the size that a message announces does not. UUID and payload are
 * views of the NAL unit, or of one fresh buffer where it holds emulation prevention bytes.
 *
 * @returns How many messages were broken: shorter than a UUID, longer than the NAL unit, or under a set
 * forbidden_zero_bit.
 */
export function readUserData(nal: Uint8Array, visit: (uuid: Uint8Array, payload: Uint8Array) => void): number {
  return readUserDataAnnexB((nal[0] as number) % 32 === seiNalUnitType ? nal.subarray(0, seiEnd(nal)) : nal, visit);
}

/** As {@link readUserData}, for a NAL unit of a byte stream: no start code is in it, so none is looked for. */
export function readUserDataAnnexB(nal: Uint8Array, visit: (uuid: Uint8Array, payload: Uint8Array) => void): number {
  const header = nal[0] ?? 0;
  if ((header & 31) !== seiNalUnitType) return 0;
  if (header & 0x80) return 1;
  const rbsp = unescapeEbsp(nal);
  let broken = 0;
  const end = visitSei(rbsp, (payloadType, from, to) => {
    if (payloadType !== userDataUnregisteredType) return;
    if (to - from < 16) broken += 1;
    else visit(rbsp.subarray(from, from + 16), rbsp.subarray(from + 16, to));
  });
  return end < 0 ? broken + 1 : broken;
}
