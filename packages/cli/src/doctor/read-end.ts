import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { MediaError, openSource } from "@inband/media";
import type { ReceivedAccessUnit } from "@inband/media/probe";
import { isHttp } from "../publish-to.ts";
import { whepAccessUnits } from "./whep-access-units.ts";

/** An end is asked again after so long: a server has nothing to play before the first key frame is through. */
const againAfterMs = 250;
/** What HTTP serves as media; any other address is WHEP. */
const mediaPath = /\.(m3u8|mpd|flv|ts|mp4|mkv)$/i;

/** What was read at an end. */
export interface EndReading {
  readonly accessUnits: readonly ReceivedAccessUnit[];
  /** Why nothing was read; undefined where something was. */
  readonly failure?: Error;
}

/** Whether an end is read while the video is sent; a file is read afterwards. */
export async function isLiveEnd(url: string): Promise<boolean> {
  if (/^[a-z][a-z0-9+.-]+:/i.test(url) && !url.startsWith("file:")) return true;
  if (/\.m3u8$/i.test(url)) return true;
  const stats = await stat(url).catch(() => undefined);
  return stats?.isFIFO() === true;
}

/**
 * Reads an end until there are enough access units, the stream ends, or the signal aborts. One that cannot be opened is
 * tried again.
 */
export async function readEnd({
  url,
  token,
  enough,
  signal,
  took,
}: {
  url: string;
  token: string | undefined;
  enough: number;
  signal: AbortSignal;
  /** Told of each access unit. */
  took?: () => void;
}): Promise<EndReading> {
  const accessUnits: ReceivedAccessUnit[] = [];
  let failure: Error | undefined;
  while (!signal.aborted) {
    try {
      for await (const accessUnit of accessUnitsOf(url, token, signal)) {
        accessUnits.push(accessUnit);
        took?.();
        if (accessUnits.length >= enough) return { accessUnits };
      }
      if (accessUnits.length > 0) break;
    } catch (error) {
      if (accessUnits.length > 0) break;
      if (!signal.aborted && error instanceof Error) failure = error;
      if (error instanceof MediaError && (error.code === "not-h264" || error.code === "unavailable")) break;
    }
    await sleep(againAfterMs, undefined, { signal }).catch(() => undefined);
  }
  if (accessUnits.length > 0) return { accessUnits };
  return { accessUnits, failure: failure ?? new Error("Nothing came.") };
}

/** Whether an end is read over WebRTC. */
export function isWhep(url: string): boolean {
  return isHttp(url) && !mediaPath.test(new URL(url).pathname);
}

async function* accessUnitsOf(
  url: string,
  token: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<ReceivedAccessUnit> {
  if (isWhep(url)) {
    yield* whepAccessUnits({ url, token, signal });
    return;
  }
  await using source = await openSource(url, { signal });
  for await (const packet of source) if (packet.kind === "video") yield packet;
}
