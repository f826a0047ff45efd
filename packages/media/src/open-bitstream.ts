import { stat } from "node:fs/promises";
import type { Bitstream, BitstreamDefect } from "./bitstream.ts";
import { openContainer } from "./container-bitstream.ts";
import { openDemuxed } from "./demuxed-bitstream.ts";
import { detectStoredFormat } from "./detect-stored-format.ts";
import { goFuzzValues } from "./go-fuzz-seed.ts";
import { checkFile, inputName, isUrl } from "./input-name.ts";
import { MediaError } from "./media-error.ts";
import { openRaw, openUnreadable } from "./raw-bitstream.ts";
import { hasPlausibleTables } from "./sample-tables.ts";
import { memoryBytes, openFileBytes } from "./stored-bytes.ts";

/** A larger file is no seed of a fuzz test. */
const seedLimitBytes = 16 << 20;

/**
 * Opens the H.264 of a file as the file stores it, to look into it: byte streams, NAL units behind 4-byte lengths, MP4,
 * MOV, MKV, WebM and MPEG-TS by themselves, framed RTP (RFC 4571), single RTP packets and payloads, seeds of Go fuzz
 * tests, and through FFmpeg (the optional peer node-av) all other containers and URLs.
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
  if (!(await stat(name)).isFile()) return openDemuxed(name, { signal });
  return openFile(name, input, signal);
}

const sampleTables: BitstreamDefect = {
  rule: "sample-table",
  severity: "error",
  clause: "ISO/IEC 14496-12 8.6",
  message: "A sample table announces more samples than the file can hold",
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
    const isPlausible = await hasPlausibleTables(bytes);
    if (detected.kind === "mediabunny" && isPlausible) {
      const container = await openContainer(bytes, signal);
      isKept = container !== undefined;
      if (container !== undefined) return container;
    }
    if (detected.kind === "raw") {
      isKept = true;
      return openRaw(bytes, detected, signal);
    }
    const defects = isPlausible ? [] : [sampleTables];
    return await openDemuxed(name, { signal, sizeBytes: bytes.sizeBytes, isFile: true, defects });
  } finally {
    if (!isKept) await bytes.close();
  }
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
