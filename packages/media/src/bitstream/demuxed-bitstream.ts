import type { Finding } from "@inband/h264";
import { decoderConfiguration } from "../decoder-configuration.ts";
import { Demuxer } from "../demuxer.ts";
import { MediaError } from "../media-error.ts";
import { splitSample } from "../stored-sample.ts";
import type { Bitstream, StoredNalUnits } from "./bitstream.ts";
import { bitstreamOf, openUnreadable } from "./bitstream-parts.ts";
import { badLength } from "./sample-finding.ts";

/** How {@link openDemuxed} reads. */
export interface DemuxedOptions {
  readonly signal: AbortSignal | undefined;
  readonly sizeBytes?: number;
  /** Whether the input is a file or a pipe: one that FFmpeg cannot read is a finding, a URL is an error. */
  readonly isFile?: boolean;
  /** Name of the container, where it is known more closely than by FFmpeg. */
  readonly format?: string;
  /** Earlier findings. */
  readonly findings?: readonly Finding[];
}

/**
 * An input that FFmpeg reads.
 *
 * @throws MediaError
 */
export async function openDemuxed(
  input: string,
  { signal, sizeBytes, isFile = false, format: knownFormat, findings: before = [] }: DemuxedOptions,
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
  const findings: Finding[] = [...before];
  const name = knownFormat ?? shortName(format);
  if (video.codec !== "h264") {
    await demuxer.close();
    const message = `The video is ${video.codec}, not H.264`;
    return openUnreadable(name, sizeBytes, [...before, { rule: "not-h264", severity: "error", message }]);
  }
  if (demuxer.videoStreams > 1) {
    const message = `There are ${demuxer.videoStreams} video streams: only one was read`;
    findings.push({ rule: "other-track", severity: "warning", message });
  }
  const { lengthSize, parameterSets } = decoderConfiguration(demuxer.videoExtradata);
  return bitstreamOf(
    {
      format: name,
      framing: lengthSize > 0 ? "avcc" : "annexb",
      ...(lengthSize > 0 ? { lengthSize } : {}),
      // The extradata of a byte stream are its first parameter sets in band, which are read with the stream.
      parameterSets: lengthSize > 0 ? parameterSets : [],
      sizeBytes,
      findings,
      read: (moved) => readPackets(demuxer, lengthSize, findings, moved, signal),
      close: () => demuxer.close(),
    },
    signal,
  );
}

/** The first of a list such as "mov,mp4,m4a,3gp,3g2,mj2" or "matroska,webm", by the name that people use. */
function shortName(format: string): string {
  const [first = "unknown"] = format.split(",");
  return { mpegts: "ts", matroska: "mkv", mov: "mp4", h264: "annexb" }[first] ?? first;
}

async function* readPackets(
  demuxer: Demuxer,
  firstLengthSize: number,
  findings: Finding[],
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
      const nalUnits = splitSample(data, lengthSize, (offset) => findings.push(badLength(offset, sample)));
      yield { nalUnits, ...(lengthSize === 0 ? {} : { sample: data }), ...(configuration && { configuration }) };
    }
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    findings.push({ rule: "truncated", severity: "error", message: error.message, sample: count });
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
