import { NalUnitType, nalUnitType, SeiPayloadType, unescapeEbsp, walkSei } from "@inband/h264";
import { bannerUuid, otherPayloadTypes } from "./probe-layout.ts";
import { probeNumber } from "./probe-message.ts";

/** A user_data_unregistered message as it came out, or one of another type that names the probe. */
export interface FoundMessage {
  /** Its number, where it names one of the probe; a message cut short may not reach that far. */
  readonly number: number | undefined;
  readonly payloadType: number;
  /** UUID and payload, or as much as there is of them. */
  readonly bytes: Uint8Array;
  /** The NAL unit that it came in: the same object for all messages of one. */
  readonly nalUnit: FoundNalUnit;
  /** Index of its access unit. */
  readonly accessUnit: number;
}

/** A SEI NAL unit as it came out. */
export interface FoundNalUnit {
  /** How many messages of any type it holds. */
  messages: number;
}

/** The SEI of one access unit. */
export interface FoundSei {
  readonly messages: readonly FoundMessage[];
  /** Messages as the probe puts beside its own. */
  readonly others: number;
}

/** Reads the SEI of an access unit for messages of a probe, broken ones included. Never throws for any bytes. */
export function findMessages(nalUnits: readonly Uint8Array[], accessUnit: number, id: string): FoundSei {
  const messages: FoundMessage[] = [];
  let others = 0;
  for (const nal of nalUnits) {
    if (nalUnitType(nal) !== NalUnitType.Sei) continue;
    const nalUnit: FoundNalUnit = { messages: 0 };
    readWithTail(nal, (payloadType, bytes) => {
      nalUnit.messages += 1;
      const number = probeNumber(id, bytes);
      if (payloadType === SeiPayloadType.UserDataUnregistered || number !== undefined) {
        if (number === undefined && startsWith(bytes, bannerUuid)) others += 1;
        messages.push({ number, payloadType, bytes, nalUnit, accessUnit });
      } else if (otherPayloadTypes.includes(payloadType)) others += 1;
    });
  }
  return { messages, others };
}

/** As `readSei`, and also what is there of a message that announces more bytes than there are. */
function readWithTail(nal: Uint8Array, visit: (payloadType: number, payload: Uint8Array) => void): void {
  const rbsp = unescapeEbsp(nal);
  let at = 1;
  const ending = walkSei(rbsp, (payloadType, start, end) => {
    at = end;
    visit(payloadType, rbsp.subarray(start, end));
  });
  if (ending !== "truncated") return;
  const sum = (): number => {
    let value = 0;
    while (rbsp[at] === 0xff) {
      value += 255;
      at += 1;
    }
    return value + (rbsp[at++] ?? 0);
  };
  const payloadType = sum();
  sum();
  visit(payloadType, rbsp.subarray(at));
}

/** Whether bytes begin with others. */
export function startsWith(bytes: Uint8Array, beginning: Uint8Array): boolean {
  if (bytes.length < beginning.length) return false;
  for (let at = 0; at < beginning.length; at += 1) if (bytes[at] !== beginning[at]) return false;
  return true;
}
