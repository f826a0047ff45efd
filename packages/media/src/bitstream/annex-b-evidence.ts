import { NalUnitType, nalUnitType, parseSps, splitAnnexB } from "@inband/h264";
import { isReadable } from "./payload-evidence.ts";

/** The beginning of a byte stream without the NAL unit that its end cuts. */
export function upToLastStartCode(head: Uint8Array): Uint8Array {
  for (let at = head.length - 3; at > 0; at -= 1) {
    if (head[at] === 0 && head[at + 1] === 0 && head[at + 2] === 1) return head.subarray(0, at);
  }
  return head;
}

/** Whether a byte stream is H.265: it has a video parameter set (ITU-T H.265 7.3.1.2, type 32 in layer 0) and no SPS of H.264. */
export function isHevc(head: Uint8Array): boolean {
  const nals = splitAnnexB(head);
  return nals.some(([first, second]) => first === 0x40 && second === 1) && !nals.some(isReadableSps);
}

function isReadableSps(nal: Uint8Array): boolean {
  return nalUnitType(nal) === NalUnitType.Sps && isReadable(() => parseSps(nal));
}

/** Whether bytes are probably a byte stream whose NAL units are broken, or that begins or ends inside one. */
export function isLikelyAnnexB(head: Uint8Array, isNamedSo: boolean): boolean {
  const nals = splitAnnexB(head);
  if (isNamedSo) return nals.length > 0 || isZero(head);
  if (nals.some(isReadableSps)) return true;
  const valid = nals.filter((nal) => (nal[0] as number) < 0x80 && nalUnitType(nal) > 0 && nalUnitType(nal) < 24);
  return (nals.length > 7 && valid.length > 0.9 * nals.length) || isZero(head);
}

/** Whether all bytes are 00. */
export function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += 1) if (bytes[at] !== 0) return false;
  return true;
}
