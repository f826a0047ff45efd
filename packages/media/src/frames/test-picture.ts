import type { RawFrame } from "@inband/h264/encoder";
import { PlayoutClock } from "../playout-clock.ts";
import { I420Picture } from "./i420-picture.ts";
import { TestCard } from "./test-card.ts";

/** What {@link testPicture} draws. */
export interface TestPictureOptions {
  /** Pixels, even, 96 or more. @defaultValue 1280 */
  readonly width?: number;
  /** Pixels, even, 96 or more. @defaultValue 720 */
  readonly height?: number;
  /** Pictures a second. @defaultValue 30 */
  readonly framerate?: number;
  /** Whether each picture comes when it is due, like those of a camera. @defaultValue false, as fast as they are read */
  readonly realtime?: boolean;
  /** How many pictures. @defaultValue no end */
  readonly frames?: number;
  /** Ends the pictures by throwing its reason. */
  readonly signal?: AbortSignal;
}

/** How many pictures may be in use at once: see the ownership of `data` in {@link testPicture}. */
export const testPictureBuffers = 4;

/** A live reader that is later than this misses pictures, as it would with a camera; a shorter delay is caught up. */
const lateLimitMicroseconds = 1_000_000;

/**
 * A moving test picture in I420, with its number and a clock to read, and the number again in a strip along the top edge
 * for {@link readFrameNumber}.
 *
 * Picture `n` has the timestamp `n * 1 000 000 / framerate`, rounded. The clock shows the time of day with `realtime`, and
 * the timestamp without. Buffers are reused: `data` stays as it is until the fourth next picture is asked for.
 *
 * @throws RangeError or TypeError that names the option, at once.
 */
export function testPicture(options: TestPictureOptions = {}): AsyncIterable<RawFrame> {
  const { width = 1280, height = 720, framerate = 30, frames = Number.POSITIVE_INFINITY } = options;
  for (const [name, size] of Object.entries({ width, height })) {
    if (!Number.isInteger(size) || size < 96 || size > 16384 || size % 2 !== 0) {
      throw new RangeError(`${name}: expected an even number of pixels from 96 to 16384, got ${String(size)}`);
    }
  }
  if (!(framerate > 0 && framerate <= 1000)) {
    throw new RangeError(`framerate: expected a number above 0 and at most 1000, got ${String(framerate)}`);
  }
  if (typeof frames !== "number" || !(frames >= 0)) {
    throw new RangeError(`frames: expected 0 or more, got ${String(frames)}`);
  }
  return draw({ width, height, framerate, frames, realtime: options.realtime ?? false }, options.signal);
}

async function* draw(
  { width, height, framerate, frames, realtime }: Required<Omit<TestPictureOptions, "signal">>,
  signal: AbortSignal | undefined,
): AsyncGenerator<RawFrame, void, undefined> {
  const card = new TestCard(width, height);
  const pictures = Array.from({ length: testPictureBuffers }, () => new I420Picture(width, height));
  const playout = realtime ? new PlayoutClock(signal) : undefined;
  const label = `INBAND  ${width}X${height}  ${Number(framerate.toFixed(2))} FPS`;
  const lateLimitFrames = Math.ceil((lateLimitMicroseconds * framerate) / 1_000_000);
  for (let drawn = 0, frameNumber = 0; drawn < frames; drawn++, frameNumber++) {
    signal?.throwIfAborted();
    const picture = pictures[drawn % pictures.length];
    if (picture === undefined) return;
    if (playout !== undefined) {
      const due = Math.floor((playout.now * framerate) / 1_000_000);
      if (due - frameNumber > lateLimitFrames) frameNumber = due;
      await playout.wait(timestampOf(frameNumber, framerate));
    }
    const timestamp = timestampOf(frameNumber, framerate);
    card.draw(picture, { frameNumber, timestamp, clock: realtime ? timeOfDay() : mediaTime(timestamp), label });
    yield { data: picture.data, format: "I420", codedWidth: width, codedHeight: height, timestamp };
  }
}

function timestampOf(frameNumber: number, framerate: number): number {
  return Math.round((frameNumber * 1_000_000) / framerate);
}

function timeOfDay(): string {
  const now = new Date();
  return clockText(now.getHours(), now.getMinutes(), now.getSeconds(), now.getMilliseconds());
}

function mediaTime(timestamp: number): string {
  const ms = Math.floor(timestamp / 1000);
  return clockText(Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60, ms % 1000);
}

function clockText(hours: number, minutes: number, seconds: number, ms: number): string {
  return `${digits(hours, 2)}:${digits(minutes, 2)}:${digits(seconds, 2)}.${digits(ms, 3)}`;
}

function digits(value: number, length: number): string {
  return String(value).padStart(length, "0");
}
