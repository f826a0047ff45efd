import { detectFormat, type Finding, splitAnnexB } from "@inband/h264";
import { isHevc, isLikelyAnnexB, isZero, upToLastStartCode } from "./annex-b-evidence.ts";
import { isAvcc } from "./avcc-bitstream.ts";
import { isMatroska, isOtherContainer, isTransportStream } from "./container-signature.ts";
import { isFramedRtp } from "./framed-packets.ts";
import { isGoFuzzSeed } from "./go-fuzz-seed.ts";
import { isIsoBaseMedia } from "./iso-box.ts";
import { isH264Packet, isH264Payload } from "./payload-evidence.ts";
import type { StoredBytes } from "./stored-bytes.ts";

/** How NAL units are stored in a file without a container, and what had to be guessed. */
export interface RawFormat {
  readonly kind: "raw";
  readonly format: "annexb" | "avcc" | "rfc4571" | "rtp" | "unknown";
  readonly findings: readonly Finding[];
}

/** How a file is read: without a container, as one of samples (`isIso`: MP4 or MOV; otherwise Matroska), or by FFmpeg. */
export type StoredFormat =
  | RawFormat
  | { readonly kind: "samples"; readonly isIso: boolean }
  | { readonly kind: "ffmpeg" | "go-fuzz-seed" };

const headBytes = 1 << 20;
const largestPacketBytes = 65_535;
const byteStreamName = /\.(?:h264|264|avc|jsv|jvt|h26l|26l|bits?|bs)$/i;

/**
 * Decides by its content how a file is read. The name counts only for a byte stream that is too broken to be recognised.
 */
export async function detectStoredFormat(bytes: StoredBytes, name?: string): Promise<StoredFormat> {
  const head = await bytes.read(0, headBytes);
  if (head.length === 0) return raw("unknown", [{ rule: "empty", severity: "error", message: "There are no bytes" }]);
  if (name !== undefined) {
    if (isGoFuzzSeed(head)) return { kind: "go-fuzz-seed" };
    if (isIsoBaseMedia(head)) return { kind: "samples", isIso: true };
    if (isMatroska(head)) return { kind: "samples", isIso: false };
    // mediabunny leaves out the pictures of a transport stream in front of its first tables.
    if (isTransportStream(head) || isOtherContainer(head)) return { kind: "ffmpeg" };
  }
  const isWhole = head.length === bytes.sizeBytes;
  const strict = detectFormat(isWhole ? head : upToLastStartCode(head));
  if (strict.format === "annexb") return raw("annexb");
  if (strict.evidence.startsWith("Ambiguous")) return raw("annexb", [guessed(strict.evidence)]);
  if (isFramedRtp(head, isWhole)) return raw("rfc4571");
  if (await isAvcc(bytes)) return raw("avcc", [bareLengths]);
  const hevc = isHevc(head);
  if (!hevc && (name === undefined || isLikelyAnnexB(head, byteStreamName.test(name)))) {
    if (splitAnnexB(head).length > 0 || isZero(head)) return raw("annexb");
  }
  const isShort = isWhole && head.length <= largestPacketBytes;
  if (isShort && isH264Packet(head)) return raw("rtp");
  if (isShort && (name === undefined ? strict.format === "rtp" : !isText(head) && isH264Payload(head))) {
    return raw("rtp", [guessed(`${strict.evidence}, read as one RTP payload`)]);
  }
  if (name !== undefined) return { kind: "ffmpeg" };
  return raw("unknown", [
    { rule: "unknown-format", severity: "error", message: `No H.264 that can be read: ${strict.evidence}` },
  ]);
}

const bareLengths: Finding = {
  rule: "bare-lengths",
  severity: "warning",
  clause: "ISO/IEC 14496-15 5.3.4.2.1",
  message:
    "NAL units behind 4-byte lengths without a container: players and FFmpeg expect start codes (H.264 B.1) in such a file",
};

function guessed(evidence: string): Finding {
  return { rule: "guessed-format", severity: "warning", message: evidence };
}

function raw(format: RawFormat["format"], findings: readonly Finding[] = []): RawFormat {
  return { kind: "raw", format, findings };
}

function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => (byte >= 32 && byte < 127) || (byte >= 9 && byte <= 13));
}
