import { escapeRbsp, unescapeEbsp } from "./emulation-prevention.ts";
import { H264Error } from "./h264-error.ts";
import { NalUnitType, nalUnitType } from "./nal-unit.ts";
import { seiEnd } from "./sei-end.ts";
import { type SeiMessage, sumLength, walkSei, writeSum } from "./sei-message.ts";

/** Many times what any sender writes; each message takes some hundred bytes of memory, and may take 2 in the NAL unit. */
const maxMessages = 65_536;

/**
 * The messages of a SEI NAL unit, in order. ITU-T H.264 7.3.2.3.
 *
 * Missing or odd trailing bits are tolerated, as encoders in the field write them. A start code behind a message ends the
 * NAL unit (7.4.1); one inside the size that a message announces does not. Payloads are views of the NAL unit, or of one
 * fresh buffer where it holds emulation prevention bytes.
 *
 * @throws H264Error `no-nal-unit` when it is not a SEI NAL unit, `forbidden-bit`, `truncated` when a message announces
 * more bytes than there are, `too-large` for more than 65536 messages: `readSei` and `readUserData` read any number.
 */
export function parseSei(nal: Uint8Array): SeiMessage[] {
  if (nal.length === 0 || nalUnitType(nal) !== NalUnitType.Sei) {
    throw new H264Error("no-nal-unit", "Not a SEI NAL unit", { offset: 0, clause: "H.264 Table 7-1" });
  }
  if ((nal[0] as number) & 0x80) {
    throw new H264Error("forbidden-bit", "forbidden_zero_bit is 1", { offset: 0, clause: "H.264 7.4.1" });
  }
  const rbsp = unescapeEbsp(nal.subarray(0, seiEnd(nal)));
  const messages: SeiMessage[] = [];
  let offset = 1;
  const ending = walkSei(rbsp, (payloadType, start, end) => {
    offset = end;
    if (messages.length === maxMessages) {
      throw new H264Error("too-large", `A SEI NAL unit of more than ${maxMessages} messages`, { offset });
    }
    messages.push({ payloadType, payload: rbsp.subarray(start, end) });
  });
  if (ending === "truncated") {
    throw new H264Error("truncated", "A SEI message announces more bytes than there are", {
      offset,
      clause: "H.264 7.3.2.3.1",
    });
  }
  return messages;
}

/**
 * Visits each complete message of a SEI NAL unit, any number of them, in order: those in front of a broken one too.
 * ITU-T H.264 7.3.2.3.
 *
 * Never throws for any bytes (what `visit` throws goes through); a NAL unit of another type, or under a set
 * forbidden_zero_bit, has no messages. A start code behind a message ends the NAL unit, as for `parseSei`. Payloads are
 * views of the NAL unit, or of one fresh buffer where it holds emulation prevention bytes.
 */
export function readSei(nal: Uint8Array, visit: (message: SeiMessage) => void): void {
  if (nal[0] === undefined || nal[0] >= 0x80 || nalUnitType(nal) !== NalUnitType.Sei) return;
  const end = seiEnd(nal);
  const rbsp = unescapeEbsp(end === nal.length ? nal : nal.subarray(0, end));
  walkSei(rbsp, (payloadType, from, to) => visit({ payloadType, payload: rbsp.subarray(from, to) }));
}

/**
 * A whole SEI NAL unit (header 06, nal_ref_idc 0, escaped) of the messages, in a fresh buffer. ITU-T H.264 7.3.2.3.
 *
 * @throws RangeError for no messages or a payload type that is not a non-negative integer.
 */
export function buildSei(messages: readonly SeiMessage[]): Uint8Array {
  if (messages.length === 0) throw new RangeError("messages: a SEI NAL unit holds at least one message");
  let length = 2;
  for (const { payloadType, payload } of messages) {
    if (!Number.isSafeInteger(payloadType) || payloadType < 0 || payloadType > 0xffff_ffff) {
      throw new RangeError(`payloadType: expected an integer from 0 to 4294967295, got ${payloadType}`);
    }
    length += sumLength(payloadType) + sumLength(payload.length) + payload.length;
  }
  const nal = new Uint8Array(length);
  nal[0] = NalUnitType.Sei;
  let at = 1;
  for (const { payloadType, payload } of messages) {
    at = writeSum(nal, at, payloadType);
    at = writeSum(nal, at, payload.length);
    nal.set(payload, at);
    at += payload.length;
  }
  nal[at] = 0x80;
  return escapeRbsp(nal);
}
