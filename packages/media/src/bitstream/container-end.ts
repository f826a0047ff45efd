import type { Finding } from "@inband/h264";
import { FileWindow } from "./file-window.ts";
import type { StoredBytes } from "./stored-bytes.ts";

/**
 * The size of the piece that begins with `bytes`, the next 32 of the file or what is left of it; "cut" where they are too
 * few to say, undefined where they are not a piece of this container.
 */
type PieceSize = (bytes: Uint8Array) => number | "cut" | undefined;

/** A walk over more pieces is given up: it would take too long. */
const mostPieces = 1_000_000;
const headBytes = 32;

/**
 * The finding that a file ends in the middle of a piece of its container, as one whose end was lost: FFmpeg reads what is
 * there and reports nothing. A file that ends between two pieces, as a recording that was stopped, cannot be told from a
 * whole one.
 */
export async function endInside(file: StoredBytes): Promise<Finding | undefined> {
  const window = new FileWindow(file);
  const head = (await window.read(0, 1024)).slice();
  const ascii = String.fromCharCode(...head.subarray(0, 4));
  if (ascii === "\x1a\x45\xdf\xa3") return walk(window, 0, matroskaElement, "an element", "RFC 8794 6");
  if (ascii.startsWith("FLV"))
    return head.length < 9 ? cutAt(0, "its header") : walk(window, flvStart(head), flvTag, "a tag");
  if (ascii === "RIFF") return walk(window, 0, riffChunk, "a chunk");
  if (ascii === "\x30\x26\xb2\x75") return walk(window, 0, asfObject, "an object");
  if (ascii === "\x06\x0e\x2b\x34") return walk(window, 0, mxfTriplet, "a KLV triplet", "SMPTE ST 377-1 6.3");
  if (ascii === "\x00\x00\x01\xba") return walk(window, 0, programStreamPacket, "a packet", "ISO/IEC 13818-1 2.5.3");
  return transportStreamEnd(head, file.sizeBytes);
}

async function walk(
  file: FileWindow,
  start: number,
  sizeOf: PieceSize,
  piece: string,
  clause?: string,
): Promise<Finding | undefined> {
  let position = start;
  for (let count = 0; count < mostPieces && position < file.sizeBytes; count += 1) {
    const size = sizeOf(await file.read(position, headBytes));
    if (size === undefined) return undefined;
    if (size === "cut" || position + size > file.sizeBytes) return cutAt(position, piece, clause);
    position += size;
  }
  return undefined;
}

/** The finding that a file ends in the middle of the piece that begins at `offset`. */
export function cutAt(offset: number, piece: string, clause?: string): Finding {
  const message = `The file ends inside ${piece}: its end is missing`;
  return { rule: "truncated", severity: "error", ...(clause === undefined ? {} : { clause }), message, offset };
}

/**
 * The size of an element; of its header alone where its size is unknown, so that its first child comes next (RFC 8794
 * 6.2). A Segment that was finished has its size.
 */
function matroskaElement(bytes: Uint8Array): number | "cut" | undefined {
  const [first = 0] = bytes;
  if (first < 0x10) return undefined;
  const idBytes = Math.clz32(first) - 23;
  const sizeFirst = bytes[idBytes];
  if (sizeFirst === undefined) return "cut";
  if (sizeFirst === 0) return undefined;
  const sizeBytes = Math.clz32(sizeFirst) - 23;
  const start = idBytes + sizeBytes;
  if (start > bytes.length) return "cut";
  const mask = (1 << (8 - sizeBytes)) - 1;
  let size = sizeFirst & mask;
  let isUnknown = size === mask;
  for (let at = idBytes + 1; at < start; at += 1) {
    size = size * 256 + (bytes[at] as number);
    isUnknown &&= bytes[at] === 0xff;
  }
  return isUnknown ? start : start + size;
}

/** Where the first tag begins: DataOffset, and PreviousTagSize0 behind it. */
function flvStart(head: Uint8Array): number {
  return view(head).getUint32(5) + 4;
}

function flvTag(bytes: Uint8Array): number | "cut" | undefined {
  if (![8, 9, 18].includes((bytes[0] as number) & 31)) return undefined;
  if (bytes.length < 11) return "cut";
  // Some writers leave out PreviousTagSize of the last tag.
  const size = 11 + (view(bytes).getUint32(0) & 0xff_ffff);
  return bytes.length < headBytes && size === bytes.length ? size : size + 4;
}

/** Large files have several RIFF chunks; writers into a pipe leave the size 0. */
function riffChunk(bytes: Uint8Array): number | "cut" | undefined {
  if (String.fromCharCode(...bytes.subarray(0, 4)) !== "RIFF" || bytes.length < 8) return undefined;
  const size = view(bytes).getUint32(4, true);
  return size === 0 ? undefined : 8 + size + (size & 1);
}

function asfObject(bytes: Uint8Array): number | "cut" | undefined {
  if (bytes.length < 24) return "cut";
  const size = Number(view(bytes).getBigUint64(16, true));
  // A data object that is written live has size 0.
  return size < 24 ? undefined : size;
}

function mxfTriplet(bytes: Uint8Array): number | "cut" | undefined {
  if (bytes[0] !== 6 || bytes[1] !== 14) return undefined;
  const first = bytes[16];
  if (first === undefined) return "cut";
  if (first < 0x80) return 17 + first;
  const count = first & 0x7f;
  if (count === 0 || count > 8) return undefined;
  if (17 + count > bytes.length) return "cut";
  return bytes.subarray(17, 17 + count).reduce((size, byte) => size * 256 + byte, 0) + 17 + count;
}

function programStreamPacket(bytes: Uint8Array): number | "cut" | undefined {
  const [a, b, c, id = 0] = bytes;
  if (a !== 0 || b !== 0 || (c ?? 1) !== 1) return undefined;
  if (id === 0xb9) return 4;
  if (id === 0xba) {
    if (bytes.length < 14) return "cut";
    // MPEG-1 has packs of 12 bytes.
    return (bytes[4] as number) >> 6 === 1 ? 14 + ((bytes[13] as number) & 7) : 12;
  }
  if (id < 0xbb) return undefined;
  if (bytes.length < 6) return "cut";
  return 6 + view(bytes).getUint16(4);
}

/** ISO/IEC 13818-1 2.4.3.2: packets of 188 bytes, or of 192 and 204 with what others add. */
function transportStreamEnd(head: Uint8Array, sizeBytes: number): Finding | undefined {
  for (const [step, sync] of [
    [188, 0],
    [192, 4],
    [204, 0],
  ] as const) {
    let isStream = head.length > 3 * step;
    for (let at = sync; at < head.length; at += step) isStream &&= head[at] === 0x47;
    const rest = sizeBytes % step;
    if (isStream) return rest === 0 ? undefined : cutAt(sizeBytes - rest, "a packet", "ISO/IEC 13818-1 2.4.3.2");
  }
  return undefined;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
