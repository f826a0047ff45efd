import { type AccessUnit, isVclNalUnit, ParameterSets, splitAccessUnits } from "@inband/h264";

/** What {@link fromAnnexB} is told of the source. */
export interface FromAnnexBOptions {
  /** Access units in a second, as the encoder was told. */
  readonly framerate: number;
}

/** What part of a delay goes into each timestamp: enough to follow a slow source, too little to show the jitter of a pipe. */
const shareOfDelay = 1 / 8;

/**
 * The access units of an encoder that writes H.264 as a byte stream (Annex B), such as the `stdout` of `ffmpeg -f h264`,
 * with timestamps, ready for the `write` of a carrier. A live source: it is neither read ahead nor paced, so a file needs
 * ffmpeg's `-re`.
 *
 * Timestamps count from 0 by `framerate`, since a byte stream has none. Where the source comes later than that, because it
 * stood still or gives fewer pictures than it was asked for, they follow the clock. B-frames are not told apart: encode
 * without them (`-tune zerolatency`, `-bf 0`). Key frames are given the parameter sets that came before them, where they
 * bring none of their own. An access unit is handed on when the next one begins.
 *
 * Ends with the source, and rejects with what the source rejects with.
 *
 * @throws TypeError for what is no source, and while reading for chunks that are no bytes; RangeError for a frame rate out of
 * range.
 *
 * @example
 * ```ts
 * const ffmpeg = spawn("ffmpeg", ["-f", "v4l2", "-i", "/dev/video0", "-c:v", "libx264", "-tune", "zerolatency", "-f", "h264", "-"]);
 * for await (const accessUnit of fromAnnexB(ffmpeg.stdout, { framerate: 30 })) video.write(accessUnit);
 * ```
 */
export function fromAnnexB(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: FromAnnexBOptions,
): AsyncGenerator<AccessUnit, void, void> {
  const isIterable = typeof chunks === "object" && chunks !== null;
  if (!isIterable || !(Symbol.asyncIterator in chunks || Symbol.iterator in chunks)) {
    throw new TypeError("chunks: expected what gives Uint8Array one after the other, as the stdout of a process does");
  }
  const framerate = options?.framerate;
  if (typeof framerate !== "number" || !(framerate >= 0.1 && framerate <= 1000)) {
    throw new RangeError(`framerate: expected 0.1 to 1000 access units in a second, got ${String(framerate)}`);
  }
  return stamped(chunks, framerate);
}

async function* stamped(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  framerate: number,
): AsyncGenerator<AccessUnit, void, void> {
  const sets = new ParameterSets();
  const duration = 1_000_000 / framerate;
  let count = 0;
  let startedAtMs = 0;
  let delay = 0;
  for await (const { nalUnits, isKeyFrame } of splitAccessUnits(bytesOf(chunks))) {
    sets.remember(nalUnits);
    // Only the end of a stream has NAL units without a picture.
    if (!nalUnits.some(isVclNalUnit)) continue;
    const nowMs = performance.now();
    if (count === 0) startedAtMs = nowMs;
    const late = (nowMs - startedAtMs) * 1000 - (count * duration + delay);
    if (late > 0) delay += late * shareOfDelay;
    yield {
      kind: "video",
      codec: "h264",
      nalUnits: isKeyFrame ? sets.addTo(nalUnits) : nalUnits,
      timestamp: Math.round(count * duration + delay),
      isKeyFrame,
    };
    count += 1;
  }
}

async function* bytesOf(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (chunks instanceof Uint8Array) {
    yield chunks;
    return;
  }
  for await (const chunk of chunks) {
    if (!(chunk instanceof Uint8Array)) {
      throw new TypeError(`chunks: expected Uint8Array, got ${typeof chunk}: a stream of bytes has no encoding set`);
    }
    yield chunk;
  }
}
