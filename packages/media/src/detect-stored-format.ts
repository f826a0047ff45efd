import {
  detectFormat,
  isVclNalUnit,
  NalUnitType,
  nalUnitType,
  parsePps,
  parseSei,
  parseSps,
  splitAnnexB,
} from "@inband/h264";
import { isRtcp, parseRtpPacket } from "@inband/rtp";
import type { BitstreamDefect } from "./bitstream.ts";
import { isGoFuzzSeed } from "./go-fuzz-seed.ts";
import { isIsoBaseMedia } from "./sample-tables.ts";
import type { StoredBytes } from "./stored-bytes.ts";

/** How NAL units lie in a file without a container, and what had to be guessed. */
export interface RawFormat {
  readonly kind: "raw";
  readonly format: "annexb" | "avcc" | "rfc4571" | "rtp" | "unknown";
  readonly defects: readonly BitstreamDefect[];
}

/** How a file is read: by itself, as a container of samples (`isIso`: MP4 or MOV; otherwise Matroska), by FFmpeg. */
export type StoredFormat =
  | RawFormat
  | { readonly kind: "samples"; readonly isIso: boolean }
  | { readonly kind: "ffmpeg" | "go-fuzz-seed" };

const headBytes = 1 << 20;
/** More NAL units behind lengths that fit are no accident. */
const enoughNalUnits = 256;
const largestPacketBytes = 65_535;
const byteStreamName = /\.(?:h264|264|avc|jsv|jvt|h26l|26l|bits?|bs)$/i;

/**
 * Tells by its content how a file is to be read. A name decides only where a byte stream is so broken that its bytes do
 * not.
 */
export async function detectStoredFormat(bytes: StoredBytes, name?: string): Promise<StoredFormat> {
  const head = await bytes.read(0, headBytes);
  if (head.length === 0) return raw("unknown", [{ rule: "empty", severity: "error", message: "There are no bytes" }]);
  if (name !== undefined) {
    if (isGoFuzzSeed(head)) return { kind: "go-fuzz-seed" };
    if (isIsoBaseMedia(head)) return { kind: "samples", isIso: true };
    if (isMatroska(head)) return { kind: "samples", isIso: false };
    // mediabunny leaves out the pictures of a transport stream that come before its first tables.
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
  if (isShort && isRtpPacket(head)) return raw("rtp");
  if (isShort && (name === undefined ? strict.format === "rtp" : !isText(head) && isPayload(head))) {
    return raw("rtp", [guessed(`${strict.evidence}, read as one RTP payload`)]);
  }
  if (name !== undefined) return { kind: "ffmpeg" };
  return raw("unknown", [
    { rule: "unknown-format", severity: "error", message: `No H.264 that can be read: ${strict.evidence}` },
  ]);
}

const bareLengths: BitstreamDefect = {
  rule: "bare-lengths",
  severity: "warning",
  clause: "ISO/IEC 14496-15 5.3.4.2.1",
  message:
    "NAL units behind 4-byte lengths without a container: players and FFmpeg expect start codes (H.264 B.1) in such a file",
};

function guessed(evidence: string): BitstreamDefect {
  return { rule: "guessed-format", severity: "warning", message: evidence };
}

function raw(format: RawFormat["format"], defects: readonly BitstreamDefect[] = []): RawFormat {
  return { kind: "raw", format, defects };
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function ascii(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

/** EBML, of which Matroska and WebM are made. */
function isMatroska(head: Uint8Array): boolean {
  return ascii(head, 0, 4) === "\x1a\x45\xdf\xa3";
}

/**
 * ISO/IEC 13818-1 2.4.3.2: sync bytes at the distance of packets, which take 192 bytes on Blu-ray and 204 with parity.
 * What begins in the middle of a packet must show more of them.
 */
function isTransportStream(head: Uint8Array): boolean {
  for (const step of [188, 192, 204]) {
    for (let start = 0; start < step; start += 1) {
      const isWholePacket = start === (step === 192 ? 4 : 0);
      let count = 0;
      while (count < 16 && head[start + count * step] === 0x47) count += 1;
      const isToTheEnd = start + count * step >= head.length;
      if (count >= 16 || (isToTheEnd && count > (isWholePacket ? 1 : 8))) return true;
    }
  }
  return false;
}

/** FLV, RIFF (AVI), Ogg, NUT, ASF, MXF, MPEG program and video streams. */
function isOtherContainer(head: Uint8Array): boolean {
  if (/^(?:FLV|RIFF|OggS|nut\/)/.test(ascii(head, 0, 4))) return true;
  if (["\x30\x26\xb2\x75", "\x06\x0e\x2b\x34"].includes(ascii(head, 0, 4))) return true;
  return head[0] === 0 && head[1] === 0 && head[2] === 1 && (head[3] ?? 0) >= 0xb0;
}

/** Without the NAL unit that the end of the head cuts. */
function upToLastStartCode(head: Uint8Array): Uint8Array {
  for (let at = head.length - 3; at > 0; at -= 1) {
    if (head[at] === 0 && head[at + 1] === 0 && head[at + 2] === 1) return head.subarray(0, at);
  }
  return head;
}

/** RFC 4571 2: each packet behind its length in 2 bytes. A length of 0 is a null packet. */
function isFramedRtp(head: Uint8Array, isWhole: boolean): boolean {
  let packets = 0;
  let at = 0;
  while (at + 2 <= head.length) {
    const start = at + 2;
    at = start + (((head[at] as number) << 8) | (head[at + 1] as number));
    if (at > head.length) {
      const [first = 0x80] = head.subarray(start);
      // The end of the head may stand inside a packet header, of which the version is enough.
      const isCut = !isWhole && start + 12 > head.length && first >> 6 === 2;
      return packets > (isWhole ? 1 : 0) && (isCut || isPacket(head.subarray(start, start + 12)));
    }
    if (at === start) continue;
    if (!isPacket(head.subarray(start, at))) return false;
    packets += 1;
  }
  return packets > 0;
}

function isPacket(bytes: Uint8Array): boolean {
  return (bytes.length >= 12 && (bytes[0] as number) >> 6 === 2) || isRtcp(bytes);
}

/** A chain of 4-byte lengths with a NAL unit header behind each; what a cut-off file lacks at its end is forgiven. */
async function isAvcc(bytes: StoredBytes): Promise<boolean> {
  let at = 0;
  let slices = 0;
  for (let count = 0; count < enoughNalUnits; count += 1) {
    if (at === bytes.sizeBytes) return count > 0;
    const [a = 0, b = 0, c = 0, d = 0, header = 0] = await bytes.read(at, 5);
    const size = a * 2 ** 24 + ((b << 16) | (c << 8) | d);
    const type = header & 31;
    if (size === 0 || header >= 0x80 || type === 0 || type > 23) return slices > 3;
    if (at + 4 + size > bytes.sizeBytes) return slices > 0 && count > 2;
    if (isVclNalUnit(Uint8Array.of(header))) slices += 1;
    at += 4 + size;
  }
  return true;
}

/** A video parameter set (ITU-T H.265 7.3.1.2, type 32 in layer 0), and no SPS of H.264. */
function isHevc(head: Uint8Array): boolean {
  const nals = splitAnnexB(head);
  return nals.some(([first, second]) => first === 0x40 && second === 1) && !nals.some(isReadableSps);
}

function isReadableSps(nal: Uint8Array): boolean {
  return nalUnitType(nal) === NalUnitType.Sps && isReadable(() => parseSps(nal));
}

/** A byte stream with broken NAL units, or one that begins or ends in the middle of one. */
function isLikelyAnnexB(head: Uint8Array, isNamedSo: boolean): boolean {
  const nals = splitAnnexB(head);
  if (isNamedSo) return nals.length > 0 || isZero(head);
  if (nals.some(isReadableSps)) return true;
  const valid = nals.filter((nal) => (nal[0] as number) < 0x80 && nalUnitType(nal) > 0 && nalUnitType(nal) < 24);
  return (nals.length > 7 && valid.length > 0.9 * nals.length) || isZero(head);
}

/** A packet with H.264 in it; dynamic payload types (RFC 3551 6) are taken even where a NAL unit cannot be read. */
function isRtpPacket(bytes: Uint8Array): boolean {
  const packet = parseRtpPacket(bytes);
  if (packet === undefined) return false;
  return packet.payloadType < 96 ? isPayload(packet.payload) : detectFormat(packet.payload).format === "rtp";
}

/** Whether bytes are a payload by more than their first byte, which nearly anything may begin with. */
function isPayload(bytes: Uint8Array): boolean {
  if (detectFormat(bytes).format !== "rtp") return false;
  const [header = 0, second = 0] = bytes;
  const type = header & 31;
  // RFC 6184 5.8: the R bit is 0.
  if (type === 28) return (second & 0x20) === 0;
  if (type === 24) return true;
  for (let at = 2; at < bytes.length; at += 1) {
    if ((bytes[at] as number) < 3 && bytes[at - 1] === 0 && bytes[at - 2] === 0) return false;
  }
  if (type === NalUnitType.Sei) return isReadable(() => parseSei(bytes));
  if (type === NalUnitType.Sps) return isReadable(() => parseSps(bytes));
  if (type === NalUnitType.Pps) return isReadable(() => parsePps(bytes));
  if (type === NalUnitType.AccessUnitDelimiter) return bytes.length === 2;
  return isVclNalUnit(bytes) || ((type === NalUnitType.Prefix || type === 15 || type === 20) && bytes.length <= 1500);
}

function isReadable(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}

function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => (byte >= 32 && byte < 127) || (byte >= 9 && byte <= 13));
}
