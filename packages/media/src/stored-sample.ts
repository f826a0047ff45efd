import { splitAnnexB, walkAvcc } from "@inband/h264";

/**
 * The NAL units of a sample, which has lengths of `lengthSize` bytes or, where that is 0, start codes; views. Some writers
 * store byte streams under a configuration that announces lengths; decoders read them, and so does this.
 *
 * A length that leads past the end of the sample ends it: the NAL units before it are kept, and `broken` is called with
 * the offset of the length.
 */
export function splitSample(
  sample: Uint8Array,
  lengthSize: number,
  broken: (offset: number) => void = () => undefined,
): Uint8Array[] {
  if (lengthSize === 0) return splitAnnexB(sample);
  const nalUnits: Uint8Array[] = [];
  const brokenAt = walkAvcc(sample, lengthSize, (start, end) => {
    if (end > start) nalUnits.push(sample.subarray(start, end));
  });
  if (brokenAt < 0) return nalUnits;
  if (beginsWithStartCode(sample)) return splitAnnexB(sample);
  broken(brokenAt);
  return nalUnits;
}

function beginsWithStartCode([a, b, c, d]: Uint8Array): boolean {
  return a === 0 && b === 0 && (c === 1 || (c === 0 && d === 1));
}
