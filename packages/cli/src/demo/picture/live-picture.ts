import { setTimeout as sleep } from "node:timers/promises";
import type { RawFrame } from "@inband/h264/encoder";
import { Landscape } from "./landscape.ts";

/** An encoder may still read the picture before the last when the next one is drawn. */
const buffers = 4;
/** Who is later than this misses pictures, as with a camera. */
const lateLimitMs = 500;

/** A moving picture, each frame when it is due, until `signal` aborts; its clock shows the time of day. */
export async function* livePicture({
  width,
  height,
  framerate,
  signal,
}: {
  width: number;
  height: number;
  framerate: number;
  signal: AbortSignal;
}): AsyncGenerator<RawFrame, void, undefined> {
  const landscape = new Landscape(width, height);
  const pictures = Array.from({ length: buffers }, () => new Uint8Array(landscape.byteLength));
  const startMs = performance.now();
  for (let drawn = 0, number = 0; ; drawn++, number++) {
    const lateMs = performance.now() - startMs - (number * 1000) / framerate;
    if (lateMs > lateLimitMs) number += Math.floor((lateMs * framerate) / 1000);
    else if (lateMs < 0) await sleep(-lateMs, undefined, { signal });
    signal.throwIfAborted();
    const data = pictures[drawn % buffers]!;
    const clock = new Date().toTimeString().slice(0, 8);
    landscape.draw(data, { seconds: number / framerate, clock, number: String(number).padStart(6, "0") });
    const timestamp = Math.round((number * 1_000_000) / framerate);
    yield { data, format: "I420", codedWidth: width, codedHeight: height, timestamp };
  }
}
