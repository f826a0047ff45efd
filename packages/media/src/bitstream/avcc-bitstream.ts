import { type Finding, isVclNalUnit, walkAvcc } from "@inband/h264";
import type { StoredNalUnits } from "./bitstream.ts";
import { maxNalUnitBytes, nalUnitsOfGroup } from "./raw-limits.ts";
import type { StoredBytes } from "./stored-bytes.ts";

const lengthSize = 4;
const windowBytes = 1 << 20;
/** So many NAL units behind lengths that fit are not there by chance. */
const enoughNalUnits = 256;

/**
 * Whether a file is a chain of 4-byte lengths with a NAL unit header behind each. A file that was cut may lack the end of
 * its last NAL unit.
 */
export async function isAvcc(bytes: StoredBytes): Promise<boolean> {
  let at = 0;
  let slices = 0;
  for (let count = 0; count < enoughNalUnits; count += 1) {
    if (at === bytes.sizeBytes) return count > 0;
    const [a = 0, b = 0, c = 0, d = 0, header = 0] = await bytes.read(at, lengthSize + 1);
    const size = a * 2 ** 24 + ((b << 16) | (c << 8) | d);
    const type = header & 31;
    if (size === 0 || header >= 0x80 || type === 0 || type > 23) return slices > 3;
    if (at + lengthSize + size > bytes.sizeBytes) return slices > 0 && count > 2;
    if (isVclNalUnit(Uint8Array.of(header))) slices += 1;
    at += lengthSize + size;
  }
  return true;
}

/** The NAL units of a file of 4-byte lengths and nothing else (ISO/IEC 14496-15 5.3.4.2.1), some thousands at once. */
export async function* readAvcc(
  bytes: StoredBytes,
  findings: Finding[],
  moved: (bytes: number) => void,
): AsyncGenerator<StoredNalUnits, void, undefined> {
  let position = 0;
  let want = windowBytes;
  while (position < bytes.sizeBytes) {
    const window = await bytes.read(position, want);
    const places: number[] = [];
    const cutAt = walkAvcc(window, lengthSize, (start, end) => {
      if (end > start) places.push(start, end);
    });
    const readBytes = cutAt < 0 ? window.length : cutAt;
    if (readBytes === 0) {
      const needed = neededBytes(window);
      if (needed === undefined || position + needed > bytes.sizeBytes || needed > maxNalUnitBytes) {
        const clause = "ISO/IEC 14496-15 5.3.4.2.1";
        const message = "A NAL unit length leads past the end of the file";
        findings.push({ rule: "length", severity: "error", clause, message, offset: position });
        return;
      }
      want = needed;
      continue;
    }
    want = windowBytes;
    position += readBytes;
    moved(position);
    yield* groupsOf(window, places);
  }
}

/** What the NAL unit at the beginning of a window takes, its length included; undefined where the length is cut. */
function neededBytes(window: Uint8Array): number | undefined {
  if (window.length < lengthSize) return undefined;
  return lengthSize + new DataView(window.buffer, window.byteOffset, window.length).getUint32(0);
}

/** The NAL units at `places`, each a start and an end. */
function* groupsOf(window: Uint8Array, places: readonly number[]): Generator<StoredNalUnits, void, undefined> {
  for (let from = 0; from < places.length; from += 2 * nalUnitsOfGroup) {
    const nalUnits: Uint8Array[] = [];
    const to = Math.min(places.length, from + 2 * nalUnitsOfGroup);
    for (let index = from; index < to; index += 2) nalUnits.push(window.subarray(places[index], places[index + 1]));
    yield { nalUnits };
  }
}
