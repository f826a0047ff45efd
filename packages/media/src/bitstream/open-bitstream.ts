import { stat } from "node:fs/promises";
import { checkFile, checkInput, inputName, isUrl } from "../input-name.ts";
import { MediaError } from "../media-error.ts";
import { isSessionDescription } from "../session-description.ts";
import type { Bitstream } from "./bitstream.ts";
import { endInside } from "./container-end.ts";
import { openDemuxed } from "./demuxed-bitstream.ts";
import { openSeed } from "./fuzz-seed-bitstream.ts";
import { openSamples } from "./open-samples.ts";
import { openRaw } from "./raw-bitstream.ts";
import { openFileBytes } from "./stored-bytes.ts";
import { detectStoredFormat } from "./stored-format.ts";

/** Larger files are not seeds of fuzz tests. */
const seedLimitBytes = 16 << 20;

/**
 * Opens the H.264 of a file as the file stores it, to look into it. Without node-av it reads byte streams, NAL units behind
 * 4-byte lengths, MP4 and MOV, framed RTP (RFC 4571), single RTP packets and payloads, and seeds of Go fuzz tests; through
 * FFmpeg (the optional peer node-av) MPEG-TS, all other containers and URLs. MKV and WebM are read through FFmpeg where
 * node-av is installed.
 *
 * The content decides what a file is. A file that holds no H.264, or nothing that can be read, opens too: then `findings`
 * says so, and there are no NAL units. Only what is being read is kept in memory.
 *
 * @throws MediaError `not-found` or `unreadable` when there is no such file or URL, `unavailable` where node-av is needed
 * and missing; `options.signal`'s reason when it is aborted.
 */
export async function openBitstream(
  input: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Bitstream> {
  checkInput(input);
  signal?.throwIfAborted();
  const name = inputName(input);
  if (isUrl(name)) return openDemuxed(name, { signal, isFile: name.startsWith("pipe:") });
  await checkFile(name, input);
  if (!(await stat(name)).isFile()) return openDemuxed(name, { signal, isFile: true });
  if (await isSessionDescription(name)) return openDemuxed(name, { signal });
  return openFile(name, input, signal);
}

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
    const end = await endInside(bytes);
    const findings = end === undefined ? [] : [end];
    return await openDemuxed(name, { signal, sizeBytes: bytes.sizeBytes, isFile: true, findings });
  } finally {
    if (!isKept) await bytes.close();
  }
}
