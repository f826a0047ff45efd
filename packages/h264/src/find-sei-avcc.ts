import { type AvccLengthSize, checkLengthSize, truncatedLength, walkAvcc } from "./avcc.ts";
import { walkFramed } from "./framed-nal-unit.ts";
import type { H264Error } from "./h264-error.ts";
import { NalUnitType, nalUnitType } from "./nal-unit.ts";

/** What {@link findSeiAvcc} finds in a sample. */
export interface SeiOfSample {
  /** SEI NAL units, as views. */
  readonly nals: readonly Uint8Array[];
  /** `truncated` when a length leads past the end of the sample; what stands in front of it is whole. */
  readonly error: H264Error | undefined;
}

/**
 * The SEI NAL units of a sample, each NAL unit behind a length field. ISO/IEC 14496-15 5.3.4.2.1.
 *
 * Looks at the lengths and into what is no slice, so the time does not depend on the size of the picture. Where a byte
 * stream is framed as one NAL unit, against ITU-T H.264 7.4.1, SEI is found in front of its first slice. A sample with a
 * broken tail is read up to there: decoders play it.
 *
 * @throws RangeError for a length size other than 1, 2 or 4.
 */
export function findSeiAvcc(bytes: Uint8Array, lengthSize: AvccLengthSize = 4): SeiOfSample {
  checkLengthSize(lengthSize);
  const nals: Uint8Array[] = [];
  const broken = walkAvcc(bytes, lengthSize, (start, end) => {
    walkFramed(bytes.subarray(start, end), "never", (nal) => {
      if (nalUnitType(nal) === NalUnitType.Sei) nals.push(nal);
    });
  });
  return { nals, error: broken < 0 ? undefined : truncatedLength(broken) };
}
