import type { Finding } from "@inband/h264";

/** The finding for a length that leads past the end of its sample. */
export function badLength(offset: number, sample: number): Finding {
  return {
    rule: "length",
    severity: "error",
    clause: "ISO/IEC 14496-15 5.3.4.2.1",
    message: "A NAL unit length leads past the end of the sample",
    offset,
    sample,
  };
}
