import { splitAnnexB } from "@inband/h264";

/** How a container keeps the NAL units of samples, and the parameter sets that it keeps apart from them. */
export interface DecoderConfiguration {
  /** Bytes of the length in front of each NAL unit; 0 means start codes (ITU-T H.264 Annex B). */
  readonly lengthSize: number;
  readonly parameterSets: readonly Uint8Array[];
}

/**
 * Reads what containers keep as the configuration of H.264: an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 5.3.3.1),
 * or parameter sets behind start codes.
 */
export function decoderConfiguration(bytes: Uint8Array = new Uint8Array()): DecoderConfiguration {
  if (bytes[0] !== 1) return { lengthSize: 0, parameterSets: splitAnnexB(bytes) };
  return { lengthSize: ((bytes[4] ?? 3) & 3) + 1, parameterSets: parameterSetsOf(bytes) };
}

/** The SPS and PPS of an AVCDecoderConfigurationRecord, as far as it is whole. */
function parameterSetsOf(record: Uint8Array): Uint8Array[] {
  const nals: Uint8Array[] = [];
  let at = 5;
  for (const mask of [31, 255]) {
    const count = (record[at++] ?? 0) & mask;
    for (let index = 0; index < count; index++) {
      const end = at + 2 + (((record[at] ?? 0) << 8) | (record[at + 1] ?? 0));
      if (Math.max(end, at + 2) > record.length) return nals;
      if (end > at + 2) nals.push(record.subarray(at + 2, end));
      at = end;
    }
  }
  return nals;
}
