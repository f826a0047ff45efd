import { detectFormat } from "@inband/h264";
import type { InputFormat, InputVideoTrack, EncodedPacketSink as PacketSink } from "mediabunny";
import type { Bitstream, BitstreamDefect, StoredNalUnits } from "./bitstream.ts";
import { decoderConfiguration } from "./decoder-configuration.ts";
import { splitLengths, splitSample } from "./nal-unit-reader.ts";
import { bitstreamOf, openUnreadable } from "./raw-bitstream.ts";
import type { StoredBytes } from "./stored-bytes.ts";

type Mediabunny = typeof import("mediabunny");

async function loadMediabunny(): Promise<Mediabunny> {
  const mediabunny = await import("mediabunny");
  // It prints what it does not support; a level that the application has chosen is left alone.
  if (mediabunny.Logging.level === mediabunny.LogLevel.Info) mediabunny.Logging.level = mediabunny.LogLevel.Silent;
  return mediabunny;
}

/**
 * A file that mediabunny reads, closed with the bitstream. Not closed where it finds no H.264 (`framing` "none"), or
 * cannot read it and gives the reason. `before` is what has been found already; `end` says that the file was cut, for
 * where no sample shows it.
 */
export async function openContainer(
  file: StoredBytes,
  before: readonly BitstreamDefect[],
  end: BitstreamDefect | undefined,
  signal: AbortSignal | undefined,
): Promise<Bitstream | Error> {
  const mediabunny = await loadMediabunny();
  const { CustomSource, EncodedPacketSink, Input, MATROSKA, MP4, QTFF, WEBM } = mediabunny;
  const { sizeBytes } = file;
  let moved = (_bytes: number): void => undefined;
  let bytes = 0;
  const read = (start: number, end: number): Promise<Uint8Array> => {
    bytes += end - start;
    moved(bytes);
    return file.read(start, end - start);
  };
  // What it reads ahead may fail when the file has been closed; what is waited for fails by itself.
  const handleUnhandledError = (): void => undefined;
  const source = new CustomSource({
    ...{ getSize: () => sizeBytes, read, handleUnhandledError },
    prefetchProfile: "fileSystem",
  });
  const input = new Input({ formats: [MP4, QTFF, MATROSKA, WEBM], source });
  let isKept = false;
  try {
    const format = formatName(mediabunny, await input.getFormat());
    const tracks = await input.getVideoTracks();
    const { track, defects: found } = await chooseTrack(tracks, (await input.getTracks()).length === 0);
    const defects = [...before, ...found];
    if (track === undefined) return openUnreadable(format, sizeBytes, defects);
    const { lengthSize, parameterSets } = decoderConfiguration(await descriptionOf(track));
    const sink = new EncodedPacketSink(track);
    const framing = lengthSize > 0 && (await isAvcc(sink, lengthSize, defects)) ? "avcc" : "annexb";
    isKept = true;
    return bitstreamOf(
      {
        ...{ format, framing, sizeBytes, defects },
        ...(framing === "avcc" ? { lengthSize } : {}),
        parameterSets,
        read: (report) => {
          moved = report;
          return readSamples(sink, framing === "avcc" ? lengthSize : 0, defects, end);
        },
        close: async () => {
          input.dispose();
          await file.close();
        },
      },
      signal,
    );
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    if (!isKept) input.dispose();
  }
}

function formatName({ MP4, QTFF, WEBM }: Mediabunny, format: InputFormat): string {
  if (format === QTFF) return "mov";
  if (format === WEBM) return "webm";
  return format === MP4 ? "mp4" : "mkv";
}

/** The largest H.264 track, as FFmpeg chooses. */
async function chooseTrack(
  tracks: readonly InputVideoTrack[],
  isEmpty: boolean,
): Promise<{ track: InputVideoTrack | undefined; defects: BitstreamDefect[] }> {
  const defects: BitstreamDefect[] = [];
  let track: InputVideoTrack | undefined;
  let largest = -1;
  let h264 = 0;
  const others: string[] = [];
  for (const candidate of tracks) {
    const codec = await candidate.getCodec();
    if (codec !== "avc") {
      others.push(codec ?? String(candidate.internalCodecId ?? "unknown"));
      continue;
    }
    h264 += 1;
    const size = (await candidate.getCodedWidth()) * (await candidate.getCodedHeight());
    if (size > largest) {
      largest = size;
      track = candidate;
    }
  }
  if (tracks.length === 0) {
    const message = isEmpty
      ? "The container describes no tracks; writers that do so at the end of the file have not come to it"
      : "There is no video";
    defects.push({ rule: isEmpty ? "no-tracks" : "no-video", severity: "error", message });
  } else if (track === undefined) {
    defects.push({ rule: "not-h264", severity: "error", message: `The video is ${others.join(", ")}, not H.264` });
  } else if (others.length > 0) {
    const message = `Video in ${others.join(", ")} was left out`;
    defects.push({ rule: "other-track", severity: "warning", message });
  }
  if (h264 > 1) {
    const message = `There are ${h264} tracks of H.264: only number ${track?.number}, the largest, was read`;
    defects.push({ rule: "other-track", severity: "warning", message });
  }
  return { track, defects };
}

async function descriptionOf(track: InputVideoTrack): Promise<Uint8Array | undefined> {
  // A first sample without parameter sets has no decoder configuration, and is read all the same.
  const config = await track.getDecoderConfig().catch(() => null);
  const description = config?.description;
  if (description === undefined) return undefined;
  return ArrayBuffer.isView(description)
    ? new Uint8Array(description.buffer, description.byteOffset, description.byteLength)
    : new Uint8Array(description);
}

/** Whether the first sample is what the container says; some writers put byte streams behind an avcC box. */
async function isAvcc(sink: PacketSink, lengthSize: number, defects: BitstreamDefect[]): Promise<boolean> {
  const data = (await sink.getFirstPacket())?.data;
  let isBroken = false;
  if (data !== undefined) {
    splitLengths(data, lengthSize, () => {
      isBroken = true;
    });
  }
  if (data === undefined || !isBroken || detectFormat(data).format !== "annexb") return true;
  defects.push({
    rule: "start-codes",
    severity: "error",
    clause: "ISO/IEC 14496-15 5.3.4.2.1",
    message: "The samples have start codes, and the configuration says that they have lengths",
  });
  return false;
}

/** `lengthSize` 0 means start codes. */
async function* readSamples(
  sink: PacketSink,
  lengthSize: number,
  defects: BitstreamDefect[],
  end: BitstreamDefect | undefined,
): AsyncGenerator<StoredNalUnits, void, undefined> {
  let count = 0;
  const truncated = (message: string): void => {
    defects.push({ rule: "truncated", severity: "error", message, sample: count });
  };
  try {
    let packet = await sink.getFirstPacket();
    if (packet === null && (await sink.getFirstPacket({ metadataOnly: true })) !== null) {
      truncated("The file ends before the first sample does");
    }
    while (packet !== null) {
      const { data } = packet;
      const sample = count;
      const nalUnits = splitSample(data, lengthSize, (offset) => defects.push(badLength(offset, sample)));
      yield { nalUnits, sample: data };
      count += 1;
      const next = await sink.getNextPacket(packet);
      if (next === null && (await sink.getNextPacket(packet, { metadataOnly: true })) !== null) {
        truncated(`The file ends before sample ${count} does`);
      }
      packet = next;
    }
  } catch (error) {
    truncated(`Sample ${count} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  if (end !== undefined && !defects.some(({ rule }) => rule === "truncated")) defects.push(end);
}

/** A length that leads past the end of its sample. */
export function badLength(offset: number, sample: number): BitstreamDefect {
  return {
    rule: "length",
    severity: "error",
    clause: "ISO/IEC 14496-15 5.3.4.2.1",
    message: "A NAL unit length leads past the end of the sample",
    offset,
    sample,
  };
}
