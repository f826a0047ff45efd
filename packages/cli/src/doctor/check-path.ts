import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { AccessUnit } from "@inband/h264";
import { isUrl, MediaError, shownInput } from "@inband/media";
import { Probe } from "@inband/media/probe";
import { asError } from "@inband/stream";
import { publishTo } from "../publish-to.ts";
import { sentenceOf } from "../tell-error.ts";
import type { VideoInput, VideoOutput } from "../video-input.ts";
import { hopReport, type PathReport } from "./path-report.ts";
import { probePictures } from "./probe-pictures.ts";
import { type EndReading, isLiveEnd, readEnd } from "./read-end.ts";

/** 6 pictures hold 11 messages: enough for each size to meet several contents, UUIDs and positions. */
const enoughPictures = 120;
/** What is sent into a file at once. */
const filePictures = 240;
/** A file that is there is read, however late it is. */
const leastReadingMs = 1_000;
/** For the end of a connection, and for files to be read. */
const afterwardsMs = 1_500;
/** FAT counts the times of files in steps of two seconds. */
const fileTimeMs = 2_000;

/** What `checkPath` takes. */
export interface CheckPathOptions {
  /** Where the video is sent. */
  readonly to: string;
  /** Where it is read back, in the order of the path. */
  readonly ends: readonly string[];
  readonly token: string | undefined;
  /** A video to send in place of the test picture. */
  readonly input: string | undefined;
  /** How long is taken at most, in milliseconds. */
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

/**
 * Sends a probe through a path and reads it back at each end.
 *
 * @throws what `publishTo` and `probePictures` throw, or the signal's reason.
 */
export async function checkPath({ to, ends, token, input, withinMs, signal }: CheckPathOptions): Promise<PathReport> {
  const began = performance.now();
  const beganAtMs = Date.now();
  const leftMs = () => Math.max(0, withinMs - (performance.now() - began));
  const probe = new Probe();
  const isLive = await Promise.all(ends.map(isLiveEnd));
  const live = ends.filter((_, index) => isLive[index]);
  const realtime = (await isLiveEnd(to)) || live.length > 0;
  const readings = new Map<string, EndReading>();

  const over = new AbortController();
  const reading = AbortSignal.any([signal, over.signal]);
  // Before the sender connects: an end may be what listens.
  const allRead = Promise.all(
    live.map(async (url) => {
      readings.set(url, await readEnd({ url, token, enough: enoughPictures, signal: reading }));
    }),
  );
  let description: string;
  let failure: Error | undefined;
  try {
    await using pictures = await probePictures({ input, realtime, frames: filePictures, signal });
    description = pictures.description;
    const sender = await publishTo({ url: to, token, reconnects: false, signal });
    const output = new ProbingOutput(probe, sender.video);
    const enough = live.length > 0 ? allRead : output.written(enoughPictures);
    const limitMs = Math.max(0, leftMs() - afterwardsMs);
    try {
      await play(pictures, output, AbortSignal.any([signal, sender.lost]), limitMs, realtime ? enough : undefined);
    } catch (error) {
      await Promise.resolve(sender[Symbol.asyncDispose]()).catch(() => undefined);
      throw error;
    }
    // A hop may close its doors when the end that it served has left; before that, what came through is still judged.
    const failed = (error: unknown) => {
      if (isRefusal(error)) throw error;
      if (live.length === 0 || readings.size < live.length) failure ??= asError(error);
    };
    if (sender.lost.aborted) failed(sender.lost.reason);
    try {
      await sender[Symbol.asyncDispose]();
    } catch (error) {
      failed(error);
    }
    signal.throwIfAborted();
  } catch (error) {
    over.abort();
    await allRead;
    throw error;
  }
  over.abort();
  await allRead;
  for (const url of ends) {
    if (readings.has(url)) continue;
    const late = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(Math.max(leastReadingMs, leftMs())))]);
    const isOld = url !== to && (await isOlder(url, beganAtMs));
    const old = { accessUnits: [], failure: new Error("The file was there before, and nothing was written to it.") };
    readings.set(url, isOld ? old : await readEnd({ url, token, enough: Number.POSITIVE_INFINITY, signal: late }));
  }
  signal.throwIfAborted();
  const hops = ends.map((url, index) => {
    // A file that was written holds everything; who reads a live stream comes late and leaves early.
    const expected = url === to && !isLive[index] ? "all" : "between";
    return hopReport(probe, url, readings.get(url) as EndReading, { expect: expected });
  });
  return {
    sentTo: shownInput(to),
    video: description,
    pictures: probe.pictures.length,
    messages: probe.messages,
    tookMs: Math.round(performance.now() - began),
    ...(failure === undefined ? {} : { failure: sentenceOf(failure) }),
    isKept: failure === undefined && hops.every(({ outcome }) => outcome === "kept"),
    hops,
  };
}

/** Whether nothing was sent at all, so that no end has anything to show. */
function isRefusal(error: unknown): boolean {
  return error instanceof MediaError && error.code === "unwritable";
}

/** Whether a file was written last before a time: what is in it is of another check. */
async function isOlder(path: string, timeMs: number): Promise<boolean> {
  const stats = await stat(isUrl(path) ? fileURLToPath(path) : path).catch(() => undefined);
  return stats?.isFile() === true && stats.mtimeMs < timeMs - fileTimeMs;
}

/** Plays until the video ends, enough has come through, the time is over, or the signal aborts. */
async function play(
  pictures: VideoInput,
  output: VideoOutput,
  signal: AbortSignal,
  limitMs: number,
  enough: Promise<unknown> | undefined,
): Promise<void> {
  const stop = new AbortController();
  const playing = pictures.play(output, AbortSignal.any([signal, stop.signal]));
  const limit = sleep(limitMs, undefined, { signal: stop.signal }).catch(() => undefined);
  try {
    await Promise.race(enough === undefined ? [playing, limit] : [playing, limit, enough]);
  } finally {
    stop.abort();
  }
  await playing;
}

/** Puts the probe into what goes to the sender. */
class ProbingOutput implements VideoOutput {
  readonly #probe: Probe;
  readonly #video: { write(accessUnit: AccessUnit): void; connectEncoder: VideoOutput["connectEncoder"] };
  #waiting: { readonly pictures: number; readonly resolve: () => void } | undefined;

  constructor(probe: Probe, video: VideoOutput) {
    this.#probe = probe;
    this.#video = video;
  }

  write(accessUnit: AccessUnit): void {
    this.#video.write(this.#probe.insert(accessUnit));
    if (this.#waiting && this.#probe.pictures.length >= this.#waiting.pictures) this.#waiting.resolve();
  }

  connectEncoder(encoder: Parameters<VideoOutput["connectEncoder"]>[0]): void {
    this.#video.connectEncoder(encoder);
  }

  /** Resolves when so many pictures were written. */
  written(pictures: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { pictures, resolve };
    });
  }
}
