import type { Bitstream, BitstreamDefect, StoredNalUnits } from "./bitstream.ts";
import { badLength } from "./container-bitstream.ts";
import { decoderConfiguration } from "./decoder-configuration.ts";
import { Demuxer } from "./demuxer.ts";
import { MediaError } from "./media-error.ts";
import { splitSample } from "./nal-unit-reader.ts";
import { bitstreamOf, openUnreadable } from "./raw-bitstream.ts";

/** How {@link openDemuxed} reads. */
export interface DemuxedOptions {
  readonly signal: AbortSignal | undefined;
  readonly sizeBytes?: number;
  /** A file that FFmpeg cannot read is a defect, a URL an error. */
  readonly isFile?: boolean;
  /** Name of the container, where it is told more closely than FFmpeg does. */
  readonly format?: string;
  /** What has been found before. */
  readonly defects?: readonly BitstreamDefect[];
}

/**
 * An input that FFmpeg reads.
 *
 * @throws MediaError
 */
export async function openDemuxed(
  input: string,
  { signal, sizeBytes, isFile = false, format: knownFormat, defects: before = [] }: DemuxedOptions,
): Promise<Bitstream> {
  let demuxer: Demuxer;
  try {
    demuxer = await Demuxer.open(input, signal, { prefersH264: true });
  } catch (error) {
    if (!(error instanceof MediaError) || error.code === "unavailable" || !isFile) throw error;
    const rule = error.code === "no-video" ? "no-video" : "unknown-format";
    return openUnreadable("unknown", sizeBytes, [...before, { rule, severity: "error", message: error.message }]);
  }
  const { format, video } = demuxer.info;
  const defects: BitstreamDefect[] = [...before];
  const name = knownFormat ?? shortName(format);
  if (video.codec !== "h264") {
    await demuxer.close();
    const message = `The video is ${video.codec}, not H.264`;
    return openUnreadable(name, sizeBytes, [...before, { rule: "not-h264", severity: "error", message }]);
  }
  if (demuxer.videoStreams > 1) {
    const message = `There are ${demuxer.videoStreams} video streams: only one was read`;
    defects.push({ rule: "other-track", severity: "warning", message });
  }
  const { lengthSize, parameterSets } = decoderConfiguration(demuxer.videoExtradata);
  return bitstreamOf(
    {
      format: name,
      framing: lengthSize > 0 ? "avcc" : "annexb",
      ...(lengthSize > 0 ? { lengthSize } : {}),
      // For byte streams FFmpeg makes extradata of the first parameter sets in band.
      parameterSets: lengthSize > 0 ? parameterSets : [],
      sizeBytes,
      defects,
      read: (moved) => readPackets(demuxer, lengthSize, defects, moved, signal),
      close: () => demuxer.close(),
    },
    signal,
  );
}

/** "mov,mp4,m4a,3gp,3g2,mj2" and "matroska,webm" are lists, and two names differ from what people call the files. */
function shortName(format: string): string {
  const [first = "unknown"] = format.split(",");
  return { mpegts: "ts", matroska: "mkv", mov: "mp4", h264: "annexb" }[first] ?? first;
}

async function* readPackets(
  demuxer: Demuxer,
  firstLengthSize: number,
  defects: BitstreamDefect[],
  moved: (bytes: number) => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<StoredNalUnits, void, undefined> {
  const abort = (): void => void demuxer.close();
  signal?.addEventListener("abort", abort, { once: true });
  let lengthSize = firstLengthSize;
  let count = 0;
  try {
    for (let packet = await demuxer.read(); packet !== undefined; packet = await demuxer.read()) {
      if (packet.position !== undefined) moved(packet.position);
      if (packet.kind !== "video") continue;
      const data = new Uint8Array(packet.data);
      const sample = count;
      count += 1;
      const configuration = packet.configuration && decoderConfiguration(packet.configuration);
      lengthSize = configuration?.lengthSize ?? lengthSize;
      const nalUnits = splitSample(data, lengthSize, (offset) => defects.push(badLength(offset, sample)));
      yield { nalUnits, ...(lengthSize === 0 ? {} : { sample: data }), ...(configuration && { configuration }) };
    }
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    defects.push({ rule: "truncated", severity: "error", message: error.message, sample: count });
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
