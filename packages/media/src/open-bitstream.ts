import { stat } from "node:fs/promises";
import type { Bitstream, BitstreamDefect } from "./bitstream.ts";
import { openContainer } from "./container-bitstream.ts";
import { cutAt, endInside } from "./container-end.ts";
import { openDemuxed } from "./demuxed-bitstream.ts";
import { detectStoredFormat } from "./detect-stored-format.ts";
import { goFuzzValues } from "./go-fuzz-seed.ts";
import { checkFile, inputName, isUrl } from "./input-name.ts";
import { MediaError } from "./media-error.ts";
import { openRaw, openUnreadable } from "./raw-bitstream.ts";
import { checkTables, type TableCheck } from "./sample-tables.ts";
import { isSessionDescription } from "./session-description.ts";
import { memoryBytes, openFileBytes, type StoredBytes } from "./stored-bytes.ts";

/** A larger file is no seed of a fuzz test. */
const seedLimitBytes = 16 << 20;

/**
 * Opens the H.264 of a file as the file stores it, to look into it: byte streams, NAL units behind 4-byte lengths, MP4
 * and MOV by themselves, framed RTP (RFC 4571), single RTP packets and payloads, seeds of Go fuzz tests, and through
 * FFmpeg (the optional peer node-av) MPEG-TS, all other containers and URLs. MKV and WebM are read by themselves where
 * node-av is not there.
 *
 * What the file is, is told by its content. A file that holds no H.264, or nothing that can be read, opens too: then
 * `defects` says so, and there are no NAL units. Nothing is kept in memory but what is read at the time.
 *
 * @throws MediaError `not-found` or `unreadable` when there is no such file or URL, `unavailable` where node-av is needed
 * and not there; `options.signal`'s reason when it is aborted.
 */
export async function openBitstream(
  input: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Bitstream> {
  if (typeof input !== "string" || input === "") throw new TypeError("input must be the name of a file or a URL.");
  signal?.throwIfAborted();
  const name = inputName(input);
  if (isUrl(name)) return openDemuxed(name, { signal });
  await checkFile(name, input);
  if (!(await stat(name)).isFile() || (await isSessionDescription(name))) return openDemuxed(name, { signal });
  return openFile(name, input, signal);
}

const forgedTables: BitstreamDefect = {
  rule: "sample-table",
  severity: "error",
  clause: "ISO/IEC 14496-12 8.6",
  message: "A sample table announces more samples than the file can hold",
};

const severalMovies: BitstreamDefect = {
  rule: "several-moov",
  severity: "error",
  clause: "ISO/IEC 14496-12 8.2.1",
  message: "There are several moov boxes, as in files that were put behind each other: only the first is read",
};

const noMovie: BitstreamDefect = {
  rule: "no-moov",
  severity: "error",
  clause: "ISO/IEC 14496-12 8.2.1",
  message:
    "There is no moov box, which tells where the samples are: a fragment needs its initialization segment in front, a file that was cut has lost it",
};

const encrypted: BitstreamDefect = {
  rule: "encrypted",
  severity: "warning",
  clause: "ISO/IEC 23001-7",
  message: "The samples are encrypted: slices, and SEI where it is encrypted too, cannot be read",
};

async function openFile(name: string, input: string, signal: AbortSignal | undefined): Promise<Bitstream> {
  const bytes = await openFileBytes(name).catch((cause: unknown) => {
    throw new MediaError("unreadable", `"${input}" cannot be opened: ${cause}.`, { input, cause });
  });
  let isKept = false;
  try {
    const detected = await detectStoredFormat(bytes, name);
    if (detected.kind === "go-fuzz-seed" && bytes.sizeBytes <= seedLimitBytes) {
      return await openSeed(await bytes.read(0, bytes.sizeBytes));
    }
    isKept = detected.kind !== "ffmpeg";
    if (detected.kind === "raw") return openRaw(bytes, detected, signal);
    if (detected.kind === "samples") return await openSamples(bytes, name, detected.isIso, signal);
    const defects = await endDefects(bytes);
    return await openDemuxed(name, { signal, sizeBytes: bytes.sizeBytes, isFile: true, defects });
  } finally {
    if (!isKept) await bytes.close();
  }
}

async function endDefects(bytes: StoredBytes): Promise<BitstreamDefect[]> {
  const defect = await endInside(bytes);
  return defect === undefined ? [] : [defect];
}

/** MP4, MOV, MKV or WebM. The file is closed with the bitstream, or here when FFmpeg reads it. */
async function openSamples(
  bytes: StoredBytes,
  name: string,
  isIso: boolean,
  signal: AbortSignal | undefined,
): Promise<Bitstream> {
  const { sizeBytes } = bytes;
  const defects: BitstreamDefect[] = isIso ? [] : await endDefects(bytes);
  if (!isIso) {
    // mediabunny never ends at a broken element of Matroska: it is for where FFmpeg is not.
    const demuxed = await openDemuxed(name, { signal, sizeBytes, isFile: true, defects }).catch(unavailable);
    if (!(demuxed instanceof Error)) {
      await bytes.close();
      return demuxed;
    }
  }
  const tables = isIso ? await checkTables(bytes) : undefined;
  if (tables !== undefined && tables.forged !== "no") defects.push(forgedTables);
  if (tables !== undefined && tables.movies > 1) defects.push(severalMovies);
  if (tables?.forged === "wholly" || tables?.hasMovie === false) {
    await bytes.close();
    return openUnreadable("mp4", sizeBytes, tables.hasMovie ? defects : [...defects, noMovie]);
  }
  const isPlain = tables === undefined || (tables.forged === "no" && !isForFfmpeg(tables));
  const format = isIso && (await isQuickTime(bytes)) ? "mov" : undefined;
  const { cutBox } = tables ?? {};
  const end = cutBox === undefined ? undefined : cutAt(cutBox, "a box", "ISO/IEC 14496-12 4.2");
  const container = isPlain ? await openContainer(bytes, defects, end, signal) : undefined;
  if (container !== undefined && !(container instanceof Error) && container.framing !== "none") return container;
  await bytes.close();
  if (end !== undefined) defects.push(end);
  if (container instanceof Error && /encrypted/i.test(container.message)) defects.push(encrypted);
  const options = { signal, sizeBytes, isFile: true, defects, ...(format === undefined ? {} : { format }) };
  // What mediabunny finds no H.264 in may hold some that only FFmpeg knows: under other sample entries, compressed.
  const demuxed = await openDemuxed(name, options).catch(unavailable);
  if (container === undefined || container instanceof Error) {
    if (demuxed instanceof Error) throw demuxed;
    return demuxed;
  }
  if (!(demuxed instanceof Error)) return demuxed.format === "unknown" ? container : demuxed;
  const message = `FFmpeg may read what was not read here: ${demuxed.message}`;
  const untried = { rule: "unavailable", severity: "warning", message } as const;
  return openUnreadable(container.format, sizeBytes, [...container.defects, untried]);
}

/** Returns the error where node-av is not there. */
function unavailable(error: unknown): MediaError {
  if (error instanceof MediaError && error.code === "unavailable") return error;
  throw error;
}

/** A brand of QuickTime's own (ISO/IEC 14496-12 4.3), or none at all. */
async function isQuickTime(bytes: StoredBytes): Promise<boolean> {
  const head = await bytes.read(4, 8);
  const [type, brand] = [head.subarray(0, 4), head.subarray(4, 8)].map((part) => Buffer.from(part).toString("latin1"));
  return type !== "ftyp" ? type !== "styp" && type !== "moof" : brand === "qt  ";
}

/** What mediabunny reads in part, and FFmpeg whole. */
function isForFfmpeg({ hasSamples, hasFragments, hasSeveralEntries, hasLargeChunks }: TableCheck): boolean {
  return (hasSamples && hasFragments) || hasSeveralEntries || hasLargeChunks;
}

async function openSeed(file: Uint8Array): Promise<Bitstream> {
  const [value, ...others] = goFuzzValues(file);
  const defect = {
    rule: "fuzz-seed",
    severity: "warning",
    message:
      value === undefined
        ? "A seed of a Go fuzz test without a value of bytes"
        : `A seed of a Go fuzz test: its first value of ${value.length} byte(s) was read` +
          (others.length === 0 ? "" : `, ${others.length} more were not`),
  } as const;
  if (value === undefined) return openUnreadable("unknown", file.length, [defect]);
  const detected = await detectStoredFormat(memoryBytes(value));
  if (detected.kind === "raw") {
    return openRaw(memoryBytes(value), { ...detected, defects: [defect, ...detected.defects] }, undefined);
  }
  const message = "The bytes are no H.264 that can be read";
  return openUnreadable("unknown", file.length, [defect, { rule: "unknown-format", severity: "error", message }]);
}
