import { type AvcConfigSets, readAvcConfig, splitAnnexB } from "@inband/h264";

/** How a container stores the NAL units of samples, and the parameter sets that it keeps apart from them. */
export interface DecoderConfiguration extends AvcConfigSets {
  /** Bytes of the length in front of each NAL unit; 0 means start codes (ITU-T H.264 Annex B). */
  readonly lengthSize: number;
}

/**
 * Reads what containers keep as the configuration of H.264: an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 5.3.3.1),
 * or parameter sets behind start codes. Never throws for any bytes.
 */
export function decoderConfiguration(bytes: Uint8Array = new Uint8Array()): DecoderConfiguration {
  // configurationVersion is 1, a start code begins with 0.
  return bytes[0] === 1 ? readAvcConfig(bytes) : { lengthSize: 0, parameterSets: splitAnnexB(bytes) };
}
