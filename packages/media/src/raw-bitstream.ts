import { AnnexBSplitter } from "@inband/h264";
import type { Bitstream, BitstreamDefect, StoredNalUnits } from "./bitstream.ts";
import type { RawFormat } from "./detect-stored-format.ts";
import { readRtp } from "./rtp-bitstream.ts";
import { chunksOf, type StoredBytes } from "./stored-bytes.ts";

/** Many times the largest NAL unit that level 6.2 allows (ITU-T H.264 Table A-1: MaxCPB 800 Mbit for a whole second). */
const maxNalUnitBytes = 64 << 20;
const windowBytes = 1 << 20;
/** How many NAL units are split off at once, roughly: the view of one of a single byte takes 116 bytes. */
const nalUnitsOfPiece = 4096;
/** Of the first piece, which shows how large the NAL units are. */
const firstPieceBytes = 16_384;

/** What the reader of an input needs beside its bytes. */
export interface BitstreamParts {
  readonly format: string;
  readonly framing: Bitstream["framing"];
  readonly lengthSize?: number;
  readonly parameterSets?: readonly Uint8Array[];
  readonly sizeBytes: number | undefined;
  /** Grows while `read` runs. */
  readonly defects: BitstreamDefect[];
  /** Reports the bytes that it has come to. */
  read(moved: (bytes: number) => void): AsyncIterable<StoredNalUnits>;
  close(): Promise<void>;
}

/** A bitstream of its parts: read once, ended by the signal, freed at the end. */
export function bitstreamOf(parts: BitstreamParts, signal: AbortSignal | undefined): Bitstream {
  const { format, framing, lengthSize, parameterSets = [], sizeBytes, defects } = parts;
  let closing: Promise<void> | undefined;
  let readBytes = 0;
  const close = (): Promise<void> => {
    closing ??= parts.close();
    return closing;
  };
  const groups = async function* (): AsyncGenerator<StoredNalUnits, void, undefined> {
    try {
      const moved = (bytes: number): void => {
        readBytes = Math.max(readBytes, Math.min(bytes, sizeBytes ?? bytes));
      };
      for await (const group of parts.read(moved)) {
        signal?.throwIfAborted();
        if (closing !== undefined) return;
        yield group;
      }
    } finally {
      await close();
    }
  };
  return {
    ...{ format, framing, parameterSets, sizeBytes, defects },
    ...(lengthSize === undefined ? {} : { lengthSize }),
    get readBytes() {
      return readBytes;
    },
    close,
    [Symbol.asyncIterator]: groups,
    [Symbol.asyncDispose]: close,
  };
}

/** An input in which there is nothing to read; the defects say why. */
export function openUnreadable(
  format: string,
  sizeBytes: number | undefined,
  defects: readonly BitstreamDefect[],
): Bitstream {
  const read = async function* (): AsyncGenerator<StoredNalUnits, void, undefined> {};
  const close = async (): Promise<void> => undefined;
  return bitstreamOf({ format, framing: "none", sizeBytes, defects: [...defects], read, close }, undefined);
}

/** A file without a container. It is closed with the bitstream. */
export function openRaw(bytes: StoredBytes, detected: RawFormat, signal: AbortSignal | undefined): Bitstream {
  const { format } = detected;
  const defects = [...detected.defects];
  const common = { format, sizeBytes: bytes.sizeBytes, defects, close: () => bytes.close() };
  if (format === "annexb") {
    return bitstreamOf({ ...common, framing: "annexb", read: (moved) => readAnnexB(bytes, defects, moved) }, signal);
  }
  if (format === "avcc") {
    const read = (moved: (bytes: number) => void) => readAvcc(bytes, defects, moved);
    return bitstreamOf({ ...common, framing: "avcc", lengthSize: 4, read }, signal);
  }
  if (format === "unknown") {
    return bitstreamOf({ ...common, framing: "none", read: async function* () {} }, signal);
  }
  const read = (moved: (bytes: number) => void) => readRtp(bytes, format === "rfc4571", defects, moved);
  return bitstreamOf({ ...common, framing: "rtp", read }, signal);
}

async function* readAnnexB(
  bytes: StoredBytes,
  defects: BitstreamDefect[],
  moved: (bytes: number) => void,
): AsyncGenerator<StoredNalUnits, void, undefined> {
  const splitter = new AnnexBSplitter({ maxNalUnitBytes });
  let position = 0;
  let isStarted = false;
  let endsInZeros = false;
  let isEmpty = true;
  let pieceBytes = firstPieceBytes;
  for await (const chunk of chunksOf(bytes)) {
    if (!isStarted) {
      const defect = leadingBytes(chunk);
      if (defect !== undefined) defects.push(defect);
      isStarted = true;
    }
    position += chunk.length;
    moved(position);
    // A run of zeros between two NAL units has no end; what it holds says nothing.
    const isRun = endsInZeros && isZero(chunk);
    endsInZeros = chunk[chunk.length - 1] === 0 && chunk[chunk.length - 2] === 0;
    if (isRun) continue;
    for (let at = 0; at < chunk.length; ) {
      const nalUnits = splitter.push(chunk.subarray(at, at + pieceBytes));
      at += pieceBytes;
      const fittingBytes = (pieceBytes * nalUnitsOfPiece) / (nalUnits.length + 1);
      pieceBytes = Math.min(chunk.length, Math.max(firstPieceBytes, Math.floor(fittingBytes)));
      if (nalUnits.length === 0) continue;
      isEmpty = false;
      yield { nalUnits };
    }
  }
  const nalUnits = splitter.flush();
  if (nalUnits.length > 0) yield { nalUnits };
  else if (isEmpty) {
    const message = "There is no NAL unit";
    defects.push({ rule: "no-nal-unit", severity: "error", clause: "H.264 B.1", message });
  }
  if (splitter.skippedNalUnits > 0) {
    const message = `${splitter.skippedNalUnits} NAL unit(s) of more than ${maxNalUnitBytes} bytes were left out`;
    defects.push({ rule: "too-large", severity: "error", message });
  }
}

/** Looks at the first chunk. */
function leadingBytes(chunk: Uint8Array): BitstreamDefect | undefined {
  let at = 0;
  while (at < chunk.length && chunk[at] === 0) at += 1;
  if (at >= chunk.length || (chunk[at] === 1 && at > 1)) return undefined;
  const message =
    "Bytes other than 00 stand before the first start code: the stream begins in the middle of a NAL unit";
  return { rule: "leading-bytes", severity: "error", clause: "H.264 B.1", message, offset: at };
}

function isZero(chunk: Uint8Array): boolean {
  for (let at = 0; at < chunk.length; at += 1) if (chunk[at] !== 0) return false;
  return true;
}

async function* readAvcc(
  bytes: StoredBytes,
  defects: BitstreamDefect[],
  moved: (bytes: number) => void,
): AsyncGenerator<StoredNalUnits, void, undefined> {
  let position = 0;
  let want = windowBytes;
  while (position < bytes.sizeBytes) {
    const window = await bytes.read(position, want);
    let nalUnits: Uint8Array[] = [];
    const view = new DataView(window.buffer, window.byteOffset, window.length);
    let at = 0;
    let size = 0;
    while (at + 4 <= window.length) {
      size = view.getUint32(at);
      if (at + 4 + size > window.length) break;
      if (size > 0) nalUnits.push(window.subarray(at + 4, at + 4 + size));
      at += 4 + size;
      if (nalUnits.length === nalUnitsOfPiece) {
        yield { nalUnits };
        nalUnits = [];
      }
    }
    if (at === 0) {
      const needed = 4 + size;
      if (window.length < 4 || position + needed > bytes.sizeBytes || needed > maxNalUnitBytes) {
        const clause = "ISO/IEC 14496-15 5.3.4.2.1";
        const message = "A NAL unit length leads past the end of the file";
        defects.push({ rule: "length", severity: "error", clause, message, offset: position });
        return;
      }
      want = needed;
      continue;
    }
    want = windowBytes;
    position += at;
    moved(position);
    if (nalUnits.length > 0) yield { nalUnits };
  }
}
