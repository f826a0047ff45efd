import { isOutput, openSink, shownInput } from "@inband/media";
import { publishByWhip } from "./publish-by-whip.ts";
import type { PublishedVideo, PublishOptions } from "./published-video.ts";
import { UsageError } from "./usage-error.ts";

/** Whether a URL is that of a WHIP or WHEP server. */
export function isHttp(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

/** Whether `publishTo` knows how to send there. */
export function isDestination(url: string): boolean {
  return isHttp(url) || isOutput(url);
}

/**
 * Publishes to a WHIP server over WebRTC, or to whatever `openSink` writes.
 *
 * @throws UsageError, MediaError, what `publishByWhip` throws, or the signal's reason.
 */
export async function publishTo(options: PublishOptions): Promise<PublishedVideo> {
  const { url, signal } = options;
  if (isHttp(url)) return await publishByWhip(options);
  if (!isOutput(url)) throw new UsageError(unknownDestination(url));
  const sink = await openSink(url, { signal });
  return {
    video: sink,
    audio: undefined,
    lost: sink.lost,
    [Symbol.asyncDispose]: () => (sink.lost.aborted ? sink[Symbol.asyncDispose]() : sink.finish()),
  };
}

/** What a command says of a place that it cannot send to. */
export function unknownDestination(url: string): string {
  return `"${shownInput(url)}" is not somewhere video can be sent: give a WHIP address (http, https), rtmp://, rtsp://, srt://, udp://, or a file .ts, .flv, .mkv, .mp4 or .264.`;
}
