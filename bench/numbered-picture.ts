import type { AccessUnit } from "@inband/h264";
import { accessUnit } from "./peers.ts";

/** 2 Mbit/s with a key frame every 60 pictures: as 720p comes from an encoder. */
const keyFrameBytes = 48_000;
const pictureBytes = 7650;

/** Bytes at the end of a picture that say its number, seven bits in each and never zero. */
const numberBytes = 4;

/** The picture of this number, which says so in its last bytes: they reach a receiver in the packet with the marker. */
export function numberedAccessUnit(index: number): AccessUnit {
  const unit = accessUnit(index, index % 60 === 0 ? keyFrameBytes : pictureBytes);
  const [slice = new Uint8Array(numberBytes)] = unit.nalUnits.slice(-1);
  const numbered = slice.slice();
  for (let at = 0; at < numberBytes; at += 1) numbered[numbered.length - 1 - at] = 0x80 | ((index >> (7 * at)) & 0x7f);
  return { ...unit, nalUnits: [...unit.nalUnits.slice(0, -1), numbered] };
}

/** The number of a picture by the last payload of its packets. */
export function numberOf(payload: Uint8Array): number {
  let index = 0;
  for (let at = numberBytes; at > 0; at -= 1) index = index * 128 + ((payload[payload.length - at] ?? 0) & 0x7f);
  return index;
}
