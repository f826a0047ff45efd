import { splitAnnexB } from "@inband/h264";
import type { Bitstream, BitstreamDefect, StoredNalUnits } from "./bitstream.ts";
import { badLength } from "./container-bitstream.ts";
import { MediaError } from "./media-error.ts";
import { parameterSetsOf, splitLengths } from "./nal-unit-reader.ts";
import { Demuxer } from "./node-av.ts";
import { bitstreamOf, openUnreadable } from "./raw-bitstream.ts";

/** How {@link openDemuxed} reads. */
export interface DemuxedOptions {
  readonly signal: AbortSignal | undefined;
  readonly sizeBytes?: number;
  /** A file that FFmpeg cannot read is a defect, a URL an error. */
  readonly isFile?: boolean;
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
  { signal, sizeBytes, isFile = false, defects: before = [] }: DemuxedOptions,
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
  const name = shortName(format);
  if (video.codec !== "h264") {
    await demuxer.close();
    const message = `The video is ${video.codec}, not H.264`;
    return openUnreadable(name, sizeBytes, [...before, { rule: "not-h264", severity: "error", message }]);
  }
  if (demuxer.videoStreams > 1) {
    const message = `There are ${demuxer.videoStreams} video streams: only one was read`;
    defects.push({ rule: "other-track", severity: "warning", message });
  }
  const extradata = demuxer.videoExtradata;
  const lengthSize = extradata?.[0] === 1 ? ((extradata[4] ?? 3) & 3) + 1 : 0;
  return bitstreamOf(
    {
      format: name,
      framing: lengthSize > 0 ? "avcc" : "annexb",
      ...(lengthSize > 0 ? { lengthSize } : {}),
      // For byte streams FFmpeg makes extradata of the first parameter sets in band.
      parameterSets: extradata !== undefined && lengthSize > 0 ? parameterSetsOf(extradata) : [],
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
  lengthSize: number,
  defects: BitstreamDefect[],
  moved: (bytes: number) => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<StoredNalUnits, void, undefined> {
  const abort = (): void => void demuxer.close();
  signal?.addEventListener("abort", abort, { once: true });
  let count = 0;
  try {
    for (let packet = await demuxer.read(); packet !== undefined; packet = await demuxer.read()) {
      if (packet.position !== undefined) moved(packet.position);
      if (packet.kind !== "video") continue;
      const data = new Uint8Array(packet.data);
      const sample = count;
      count += 1;
      const nalUnits =
        lengthSize === 0
          ? splitAnnexB(data)
          : splitLengths(data, lengthSize, (offset) => defects.push(badLength(offset, sample)));
      yield lengthSize === 0 ? { nalUnits } : { nalUnits, sample: data };
    }
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    defects.push({ rule: "truncated", severity: "error", message: error.message, sample: count });
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
