import { buildUserDataSei, escapeRbsp, joinAnnexB } from "@inband/h264";

/** The UUID under which the measured messages travel. */
export const uuid: Uint8Array = Uint8Array.from({ length: 16 }, (_, index) => index + 1);

/** Printable text that looks like JSON. */
export function text(bytes: number): Uint8Array {
  const sentence = '{"user":"alice","text":"the quick brown fox jumps over the lazy dog"}';
  return Uint8Array.from({ length: bytes }, (_, index) => sentence.charCodeAt(index % sentence.length));
}

/** A slice of a P picture of about so many bytes, always the same ones, escaped as encoders do. */
export function slice(bytes: number): Uint8Array {
  const rbsp = new Uint8Array(bytes);
  rbsp[0] = 0x41;
  let state = 0x2545f491;
  for (let i = 1; i < bytes; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    rbsp[i] = state >>> 24;
  }
  rbsp[bytes - 1] = 0x80;
  return escapeRbsp(rbsp);
}

/** An access unit delimiter of a P picture. */
export const delimiter: Uint8Array = new Uint8Array([9, 0x30]);

/** A SEI NAL unit with one user_data_unregistered message. */
export function sei(payload: Uint8Array): Uint8Array {
  return buildUserDataSei({ uuid, payload });
}

/** The same bytes in an ArrayBuffer of their own, as the frames of an encoded transform come. */
export function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

/** A stream of 450 frames of 86 KB, as 15 s of 1080p at 20 Mbit/s, each with one message of 200 bytes. */
export function scanStream(): { stream: Uint8Array<ArrayBuffer>; frames: number; nalUnits: number } {
  const frames = 450;
  const accessUnit = joinAnnexB([delimiter, sei(text(200)), slice(86_000)]);
  const stream = new Uint8Array(frames * accessUnit.length);
  for (let frame = 0; frame < frames; frame += 1) stream.set(accessUnit, frame * accessUnit.length);
  return { stream, frames, nalUnits: 3 * frames };
}
