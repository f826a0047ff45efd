import { readAnnexB } from "./annex-b-bitstream.ts";
import { readAvcc } from "./avcc-bitstream.ts";
import type { Bitstream } from "./bitstream.ts";
import { bitstreamOf } from "./bitstream-parts.ts";
import { readRtp } from "./rtp-bitstream.ts";
import type { StoredBytes } from "./stored-bytes.ts";
import type { RawFormat } from "./stored-format.ts";

/** A file without a container. It is closed with the bitstream. */
export function openRaw(bytes: StoredBytes, detected: RawFormat, signal: AbortSignal | undefined): Bitstream {
  const { format } = detected;
  const findings = [...detected.findings];
  const common = { format, sizeBytes: bytes.sizeBytes, findings, close: () => bytes.close() };
  if (format === "annexb") {
    return bitstreamOf({ ...common, framing: "annexb", read: (moved) => readAnnexB(bytes, findings, moved) }, signal);
  }
  if (format === "avcc") {
    const read = (moved: (bytes: number) => void) => readAvcc(bytes, findings, moved);
    return bitstreamOf({ ...common, framing: "avcc", lengthSize: 4, read }, signal);
  }
  if (format === "unknown") {
    return bitstreamOf({ ...common, framing: "none", read: async function* () {} }, signal);
  }
  const read = (moved: (bytes: number) => void) => readRtp(bytes, format === "rfc4571", findings, moved);
  return bitstreamOf({ ...common, framing: "rtp", read }, signal);
}
