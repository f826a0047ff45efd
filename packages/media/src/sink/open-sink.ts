import { checkOptions } from "@inband/stream";
import { checkInput } from "../input-name.ts";
import { MediaSink } from "./media-sink.ts";
import { Muxer } from "./muxer.ts";
import { outputFormat } from "./output-format.ts";
import { type SinkOptions, sinkOptionNames } from "./sink-options.ts";

const defaultConnectWithinMs = 5_000;

/**
 * Opens an output: a carrier that writes access units, with the messages in them, to a server or into a file. SEI leaves
 * byte by byte as it is, on its picture.
 *
 * RTMP and RTMPS (`rtmp://`), RTSP (`rtsp://`, published by ANNOUNCE and RECORD over TCP), SRT (`srt://`, MPEG-TS; its
 * parameters in the query, as FFmpeg names them), MPEG-TS over UDP and TCP, and files by their extension: .ts, .flv, .mkv,
 * .mp4, .264. The file is overwritten. What needs node-av.
 *
 * It resolves when the connection or the file is open; RTSP connects with the first key frame, and says by `lost` that it
 * could not.
 *
 * @throws MediaError `unsupported`, `unwritable` or `unavailable`; `options.signal`'s reason when it is aborted.
 *
 * @example
 * ```ts
 * await using sink = await openSink("rtmp://127.0.0.1/live/key");
 * publisher.attach(sink);
 * for await (const packet of source) if (packet.kind === "video") sink.write(packet);
 * await sink.finish();
 * ```
 */
export async function openSink(output: string, options: SinkOptions = {}): Promise<MediaSink> {
  checkInput(output);
  checkOptions(options, sinkOptionNames);
  const { connectWithinMs = defaultConnectWithinMs, signal } = options;
  if (!(connectWithinMs > 0))
    throw new RangeError(`connectWithinMs: expected a positive number, got ${connectWithinMs}`);
  signal?.throwIfAborted();
  const format = outputFormat(output);
  const muxer = await Muxer.open(format, connectWithinMs, signal);
  return new MediaSink(output, muxer, { ...options, connectWithinMs });
}
