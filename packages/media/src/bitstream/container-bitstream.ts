import { detectFormat, type Finding, walkAvcc } from "@inband/h264";
import type { EncodedPacketSink as PacketSink } from "mediabunny";
import { decoderConfiguration } from "../decoder-configuration.ts";
import { splitSample } from "../stored-sample.ts";
import type { Bitstream, StoredNalUnits } from "./bitstream.ts";
import { bitstreamOf, openUnreadable } from "./bitstream-parts.ts";
import { chooseTrack, descriptionOf } from "./container-track.ts";
import { formatName, loadMediabunny } from "./mediabunny.ts";
import { badLength } from "./sample-finding.ts";
import type { StoredBytes } from "./stored-bytes.ts";

/**
 * A file that mediabunny reads, closed with the bitstream. Where it has no H.264 (`framing` "none"), or cannot be read, so
 * that an error says why, it is not closed. `before` holds earlier findings; `end` says that the file was cut, for files
 * whose samples do not show it.
 */
export async function openContainer(
  file: StoredBytes,
  before: readonly Finding[],
  end: Finding | undefined,
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
  // Reading ahead may fail once the file is closed; reads that are awaited reject anyway.
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
    const { track, findings: found } = await chooseTrack(tracks, (await input.getTracks()).length === 0);
    const findings = [...before, ...found];
    if (track === undefined) return openUnreadable(format, sizeBytes, findings);
    const { lengthSize, parameterSets } = decoderConfiguration(await descriptionOf(track));
    const sink = new EncodedPacketSink(track);
    const framing = lengthSize > 0 && (await isAvcc(sink, lengthSize, findings)) ? "avcc" : "annexb";
    isKept = true;
    return bitstreamOf(
      {
        ...{ format, framing, sizeBytes, findings },
        ...(framing === "avcc" ? { lengthSize } : {}),
        parameterSets,
        read: (report) => {
          moved = report;
          return readSamples(sink, framing === "avcc" ? lengthSize : 0, findings, end);
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

/** Whether the first sample has lengths, as the container says; some writers store byte streams under an avcC box. */
async function isAvcc(sink: PacketSink, lengthSize: number, findings: Finding[]): Promise<boolean> {
  const data = (await sink.getFirstPacket())?.data;
  if (data === undefined || walkAvcc(data, lengthSize, () => undefined) < 0) return true;
  if (detectFormat(data).format !== "annexb") return true;
  findings.push({
    rule: "start-codes",
    severity: "error",
    clause: "ISO/IEC 14496-15 5.3.4.2.1",
    message: "The samples have start codes, and the configuration says that they have lengths",
  });
  return false;
}

/** The NAL units of all samples; `lengthSize` 0 means start codes. */
async function* readSamples(
  sink: PacketSink,
  lengthSize: number,
  findings: Finding[],
  end: Finding | undefined,
): AsyncGenerator<StoredNalUnits, void, undefined> {
  let count = 0;
  const truncated = (message: string): void => {
    findings.push({ rule: "truncated", severity: "error", message, sample: count });
  };
  try {
    let packet = await sink.getFirstPacket();
    if (packet === null && (await sink.getFirstPacket({ metadataOnly: true })) !== null) {
      truncated("The file ends before the first sample does");
    }
    while (packet !== null) {
      const { data } = packet;
      const sample = count;
      const nalUnits = splitSample(data, lengthSize, (offset) => findings.push(badLength(offset, sample)));
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
  if (end !== undefined && !findings.some(({ rule }) => rule === "truncated")) findings.push(end);
}
