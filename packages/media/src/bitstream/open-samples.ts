import type { Finding } from "@inband/h264";
import { MediaError } from "../media-error.ts";
import type { Bitstream } from "./bitstream.ts";
import { openUnreadable } from "./bitstream-parts.ts";
import { checkTables } from "./check-tables.ts";
import { openContainer } from "./container-bitstream.ts";
import { cutAt, endInside } from "./container-end.ts";
import { openDemuxed } from "./demuxed-bitstream.ts";
import type { StoredBytes } from "./stored-bytes.ts";
import type { TableCheck } from "./table-check.ts";

const forgedTables: Finding = {
  rule: "sample-table",
  severity: "error",
  clause: "ISO/IEC 14496-12 8.6",
  message: "A sample table announces more samples than the file can hold",
};

const severalMovies: Finding = {
  rule: "several-moov",
  severity: "error",
  clause: "ISO/IEC 14496-12 8.2.1",
  message: "There are several moov boxes, as in files that were put behind each other: only the first is read",
};

const noMovie: Finding = {
  rule: "no-moov",
  severity: "error",
  clause: "ISO/IEC 14496-12 8.2.1",
  message:
    "There is no moov box, which tells where the samples are: a fragment needs its initialization segment in front, a file that was cut has lost it",
};

const encrypted: Finding = {
  rule: "encrypted",
  severity: "warning",
  clause: "ISO/IEC 23001-7",
  message: "The samples are encrypted: slices, and SEI where it is encrypted too, cannot be read",
};

/**
 * MP4, MOV, MKV or WebM. The file is closed with the bitstream, or here where FFmpeg reads it.
 *
 * @throws MediaError `unavailable` where only FFmpeg reads the file and node-av is missing.
 */
export async function openSamples(
  bytes: StoredBytes,
  name: string,
  isIso: boolean,
  signal: AbortSignal | undefined,
): Promise<Bitstream> {
  const { sizeBytes } = bytes;
  const findings: Finding[] = [];
  if (!isIso) {
    const cut = await endInside(bytes);
    if (cut !== undefined) findings.push(cut);
    // mediabunny never ends at a broken element of Matroska, so it reads only where FFmpeg is missing.
    const demuxed = await openDemuxed(name, { signal, sizeBytes, isFile: true, findings }).catch(unavailable);
    if (!(demuxed instanceof Error)) {
      await bytes.close();
      return demuxed;
    }
  }
  const tables = isIso ? await checkTables(bytes) : undefined;
  if (tables !== undefined && tables.forged !== "no") findings.push(forgedTables);
  if (tables !== undefined && tables.movies > 1) findings.push(severalMovies);
  if (tables?.forged === "wholly" || tables?.hasMovie === false) {
    await bytes.close();
    return openUnreadable("mp4", sizeBytes, tables.hasMovie ? findings : [...findings, noMovie]);
  }
  const isPlain = tables === undefined || (tables.forged === "no" && !isForFfmpeg(tables));
  const format = isIso && (await isQuickTime(bytes)) ? "mov" : undefined;
  const { cutBox } = tables ?? {};
  const end = cutBox === undefined ? undefined : cutAt(cutBox, "a box", "ISO/IEC 14496-12 4.2");
  const container = isPlain ? await openContainer(bytes, findings, end, signal) : undefined;
  if (container !== undefined && !(container instanceof Error) && container.framing !== "none") return container;
  await bytes.close();
  if (end !== undefined) findings.push(end);
  if (container instanceof Error && /encrypted/i.test(container.message)) findings.push(encrypted);
  const options = { signal, sizeBytes, isFile: true, findings, ...(format === undefined ? {} : { format }) };
  // A file without H.264 for mediabunny may hold some that only FFmpeg finds: under other sample entries, or compressed.
  const demuxed = await openDemuxed(name, options).catch(unavailable);
  if (container === undefined || container instanceof Error) {
    if (demuxed instanceof Error) throw demuxed;
    return demuxed;
  }
  if (!(demuxed instanceof Error)) return demuxed.format === "unknown" ? container : demuxed;
  const message = `FFmpeg may read what was not read here: ${demuxed.message}`;
  const untried = { rule: "unavailable", severity: "warning", message } as const;
  return openUnreadable(container.format, sizeBytes, [...container.findings, untried]);
}

/** Turns the rejection for a missing node-av into a value; other errors go through. */
function unavailable(error: unknown): MediaError {
  if (error instanceof MediaError && error.code === "unavailable") return error;
  throw error;
}

/** Whether a file has the brand of QuickTime (ISO/IEC 14496-12 4.3), or no brand. */
async function isQuickTime(bytes: StoredBytes): Promise<boolean> {
  const head = await bytes.read(4, 8);
  const [type, brand] = [head.subarray(0, 4), head.subarray(4, 8)].map((part) => Buffer.from(part).toString("latin1"));
  return type !== "ftyp" ? type !== "styp" && type !== "moof" : brand === "qt  ";
}

/** Whether mediabunny reads only a part of the file, and FFmpeg all of it. */
function isForFfmpeg({ hasSamples, hasFragments, hasSeveralEntries, hasLargeChunks }: TableCheck): boolean {
  return (hasSamples && hasFragments) || hasSeveralEntries || hasLargeChunks;
}
