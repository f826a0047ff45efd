import type { RawFrame } from "@inband/h264/encoder";
import { MediaError } from "../media-error.ts";

/** Frames that wait for a reader that is slower than they come; the oldest gives way. */
const maxWaiting = 2;

/** A picture as @roamhq/wrtc hands it over: I420, in a buffer that it keeps. */
interface WrtcFrame {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray | Uint8Array;
}

/** What of @roamhq/wrtc is used. */
interface Wrtc {
  readonly nonstandard: {
    readonly RTCVideoSink: new (
      track: object,
    ) => {
      onframe: ((event: { readonly frame: WrtcFrame }) => void) | null;
      stop(): void;
    };
  };
}

/**
 * The pictures of a video track of @roamhq/wrtc, whose libwebrtc decodes VP8 and VP9 of any participant: to be encoded as
 * H.264, with messages inside. It needs the optional peer `@roamhq/wrtc`.
 *
 * Pictures get the time at which they came, in microseconds since the first. A reader that is slower than they come misses
 * the oldest. Their size is that of the stream, which congestion may change; sides that are odd lose a row or a column. The
 * iteration ends with the track, or when the loop is left.
 *
 * @param track - A `MediaStreamTrack` of @roamhq/wrtc, of kind `video`.
 * @throws MediaError `unavailable` where the package is not installed or does not load. TypeError for another track.
 */
export async function* wrtcFrames(
  track: object & { readonly kind: string },
): AsyncGenerator<RawFrame, void, undefined> {
  if (track?.kind !== "video") throw new TypeError(`track: expected one of kind video, got ${track?.kind}`);
  const { RTCVideoSink } = (await loadWrtc()).nonstandard;
  const waiting: RawFrame[] = [];
  let wake: () => void = () => {};
  let isOver = false;
  let beganMs: number | undefined;
  const end = (): void => {
    isOver = true;
    wake();
  };
  const sink = new RTCVideoSink(track);
  sink.onframe = ({ frame }) => {
    const nowMs = performance.now();
    beganMs ??= nowMs;
    waiting.push(evenFrame(frame, Math.round((nowMs - beganMs) * 1000)));
    if (waiting.length > maxWaiting) waiting.shift();
    wake();
  };
  const events = track as Partial<EventTarget>;
  events.addEventListener?.("ended", end);
  try {
    while (!isOver || waiting.length > 0) {
      const frame = waiting.shift();
      if (frame !== undefined) yield frame;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    events.removeEventListener?.("ended", end);
    sink.onframe = null;
    sink.stop();
  }
}

/** A copy: libwebrtc uses the buffer again. I420 for encoders has even sides. */
function evenFrame({ width, height, data }: WrtcFrame, timestamp: number): RawFrame {
  const [codedWidth, codedHeight] = [width & ~1, height & ~1];
  const copy = new Uint8Array((codedWidth * codedHeight * 3) / 2);
  let [from, to] = [0, 0];
  for (const [columns, rows, kept, keptRows] of [
    [width, height, codedWidth, codedHeight],
    [(width + 1) >> 1, (height + 1) >> 1, codedWidth / 2, codedHeight / 2],
    [(width + 1) >> 1, (height + 1) >> 1, codedWidth / 2, codedHeight / 2],
  ] as const) {
    for (let row = 0; row < keptRows; row += 1) {
      copy.set(data.subarray(from + row * columns, from + row * columns + kept), to);
      to += kept;
    }
    from += columns * rows;
  }
  return { data: copy, format: "I420", codedWidth, codedHeight, timestamp };
}

async function loadWrtc(): Promise<Wrtc> {
  try {
    // Not a literal: it is an optional peer, whose types nobody has to install.
    const name: string = "@roamhq/wrtc";
    return ((await import(name)) as { readonly default: Wrtc }).default;
  } catch (cause) {
    throw new MediaError("unavailable", "wrtcFrames needs @roamhq/wrtc: npm install @roamhq/wrtc@0.10.0", { cause });
  }
}
