import { extname } from "node:path";
import { inputName, isUrl } from "../input-name.ts";
import { MediaError } from "../media-error.ts";
import { shownInput } from "../shown-input.ts";

/** How an output is written. */
export interface OutputFormat {
  /** What was asked for, a `file:` URL as its path. */
  readonly url: string;
  /**
   * What FFmpeg opens for it. It waits for a server without end, and the process cannot end meanwhile; `tee:` is the one
   * protocol that hands a time limit on to another, and it takes neither RTMPS nor what is no protocol, as RTSP.
   */
  readonly address: (url: string, withinMs: number) => string;
  /** FFmpeg's name of the muxer. */
  readonly muxer: "flv" | "mpegts" | "rtsp" | "matroska" | "mp4" | "h264";
  /** Whether the muxer opens the connection itself, which then is there with the first key frame only. */
  readonly opensItself: boolean;
  /** Settings of the muxer. */
  readonly options: Readonly<Record<string, string>>;
  /** How long the connection must stay open behind the last packet, so that it arrives. */
  readonly lingerMs: number;
  readonly isFile: boolean;
}

const asItIs = (url: string): string => url;
/** For FFmpeg a `|` would begin another output, and quotes and backslashes go away (av_get_token). */
const limited = (url: string, withinMs: number): string =>
  `tee:[rw_timeout=${Math.ceil(withinMs * 1000)}]${url.replace(/[\\'|]/g, "\\$&")}`;
const live = { address: asItIs, options: {}, lingerMs: 0, isFile: false, opensItself: false } as const;
const file = { ...live, isFile: true } as const;
const flv = { ...live, muxer: "flv", options: { flvflags: "no_duration_filesize" } } as const;
const rtsp = { ...live, muxer: "rtsp", opensItself: true, options: { rtsp_transport: "tcp" } } as const;

/** libsrt throws away what waits for its latency to pass when it is closed; 600 ms saved all of 90 packets (default latency 120 ms). */
const srtLingerMs = 600;

const schemes: Readonly<Record<string, Omit<OutputFormat, "url">>> = {
  "rtmp:": { ...flv, address: limited },
  "rtmps:": flv,
  "rtsp:": rtsp,
  "rtsps:": rtsp,
  "srt:": { ...live, muxer: "mpegts", lingerMs: srtLingerMs },
  "udp:": { ...live, muxer: "mpegts" },
  "tcp:": { ...live, muxer: "mpegts", address: limited },
};

const extensions: Readonly<Record<string, Omit<OutputFormat, "url">>> = {
  ".ts": { ...file, muxer: "mpegts" },
  ".m2ts": { ...file, muxer: "mpegts" },
  ".flv": { ...file, muxer: "flv" },
  ".mkv": { ...file, muxer: "matroska" },
  ".mp4": { ...file, muxer: "mp4" },
  ".m4v": { ...file, muxer: "mp4" },
  ".264": { ...file, muxer: "h264" },
  ".h264": { ...file, muxer: "h264" },
};

/** What `openSink` writes, for error messages. */
const known = "rtmp(s)://, rtsp(s)://, srt://, udp://, tcp:// or a file .ts, .flv, .mkv, .mp4 or .264";

/** @throws MediaError `unsupported` */
export function outputFormat(output: string): OutputFormat {
  const name = inputName(output);
  const scheme = isUrl(name) ? (/^[a-z][a-z0-9+.-]+:/i.exec(name)?.[0].toLowerCase() ?? "") : undefined;
  const found = scheme === undefined ? extensions[extname(name).toLowerCase()] : schemes[scheme];
  if (found !== undefined) return { ...found, url: name };
  throw new MediaError("unsupported", `"${shownInput(output)}" is no output that is known: ${known}.`, {
    input: output,
  });
}

/** Whether `openSink` knows how to write this output. */
export function isOutput(output: string): boolean {
  try {
    outputFormat(output);
    return true;
  } catch {
    return false;
  }
}
