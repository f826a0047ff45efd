import { join } from "node:path";
import { root } from "@inband/rig/repository";

/** What a hop does to the stream. */
export type Deed = "copy" | "transcode" | "drop" | "truncate" | "merge" | "double" | "reverse";

/** How a hop is given its stream: it listens, for one sender. */
export type Link = "tcp" | "srt" | "rtmp";

/** One process in a chain. */
export interface Hop {
  readonly deed: Deed;
  readonly link: Link;
}

/** Those that FFmpeg's program does; the others are `relay.ts`. */
const byFfmpeg: Readonly<Partial<Record<Deed, readonly string[]>>> = {
  copy: ["-c", "copy"],
  drop: ["-c", "copy", "-bsf:v", "filter_units=remove_types=6"],
  transcode: ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30"],
};

/** The links that a hop can listen on. */
export function linksOf(deed: Deed): readonly Link[] {
  return deed in byFfmpeg ? ["tcp", "srt", "rtmp"] : ["tcp", "srt"];
}

/** Where the sender of a link sends. */
export function senderUrl(link: Link, port: number): string {
  if (link === "rtmp") return `rtmp://127.0.0.1:${port}/live/probe`;
  return link === "srt" ? `srt://127.0.0.1:${port}?mode=caller` : `tcp://127.0.0.1:${port}`;
}

/** Where the receiver of a link listens. */
export function listenerUrl(link: Link, port: number): string {
  if (link === "rtmp") return `rtmp://127.0.0.1:${port}/live/probe`;
  return link === "srt" ? `srt://127.0.0.1:${port}?mode=listener` : `tcp://127.0.0.1:${port}?listen=1`;
}

/** The program of a hop and its arguments. */
export function commandOf({ deed, link }: Hop, port: number, to: string): readonly [string, readonly string[]] {
  const from = listenerUrl(link, port);
  const does = byFfmpeg[deed];
  if (does === undefined) {
    return [process.execPath, ["--conditions=@inband/source", join(root, "test/doctor/relay.ts"), deed, from, to]];
  }
  const listen = link === "rtmp" ? ["-listen", "1"] : [];
  const probing = ["-analyzeduration", "500000", "-probesize", "500000"];
  const format = to.startsWith("rtmp:") || to.endsWith(".flv") ? "flv" : to.endsWith(".mkv") ? "matroska" : "mpegts";
  const input = ["-v", "error", "-nostdin", "-y", ...probing, ...listen, "-i", from];
  return ["ffmpeg", [...input, ...does, "-f", format, "-flush_packets", "1", to]];
}
