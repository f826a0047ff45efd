import type { AccessUnit, AudioPacket } from "@inband/h264";
import { createEncoder, type H264Encoder, type RawFrame } from "@inband/h264/encoder";
import { type MediaSource, openSource, shownInput } from "@inband/media";
import { decodeFrames, testPicture } from "@inband/media/frames";
import { reasonToEncode } from "./reason-to-encode.ts";

const testSize = { width: 1280, height: 720, framerate: 30 };
/** Level 3.1 (ITU-T H.264 Table A-1), which every WebRTC peer with H.264 takes, holds 1280x720 at 30 pictures a second. */
const largest = { width: 1280, height: 720 };

/** Where the access units of a video go. */
export interface VideoOutput {
  write(accessUnit: AccessUnit): void;
  /** Takes the sound. Absent where none is wanted. */
  writeSound?(packet: AudioPacket): void;
  /** Lets the receivers of the video steer its encoder. */
  connectEncoder(encoder: H264Encoder): void;
}

/** H.264 video in real time. Disposing of it frees the encoder and closes the file. */
export interface VideoInput extends AsyncDisposable {
  /** What it is, in a few words. */
  readonly description: string;
  /** Whether it goes on for ever. */
  readonly isEndless: boolean;
  /** Why the video of a file is encoded again, as a sentence; undefined where it is not. */
  readonly encodedAgain?: string;
  /** Whether it has sound that a WebRTC peer can decode as it is. */
  readonly hasSound: boolean;
  /** Why its sound is left out, as a sentence; undefined where it is not, or there is none. */
  readonly soundless?: string;
  /** Writes each access unit when it is due; resolves at the end of the video or when `signal` aborts. */
  play(output: VideoOutput, signal: AbortSignal): Promise<void>;
}

/**
 * Opens the video that a command was given: `test` is a moving picture, anything else a file. H.264 that a WebRTC peer
 * can decode as it is passes through; everything else is decoded and encoded.
 *
 * @throws MediaError, EncoderError, or the signal's reason.
 */
export async function openVideo({
  input,
  loop,
  signal,
}: {
  input: string;
  loop: boolean;
  signal: AbortSignal;
}): Promise<VideoInput> {
  signal.throwIfAborted();
  if (input === "test") {
    return await openPictures("test picture", testSize, (ended) =>
      testPicture({ ...testSize, realtime: true, signal: ended }),
    );
  }
  const reason = await reasonToEncode(input, signal);
  const source = await openSource(input, { loop, realtime: true, signal });
  try {
    return reason === undefined ? passThrough(input, loop, source) : await encodeAgain(input, loop, source, reason);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/**
 * Video of pictures that are drawn, each when it is due, until the signal aborts.
 *
 * @throws EncoderError
 */
export async function openPictures(
  name: string,
  size: { readonly width: number; readonly height: number; readonly framerate: number },
  draw: (signal: AbortSignal) => AsyncIterable<RawFrame>,
): Promise<VideoInput> {
  const encoder = await createEncoder(size);
  return {
    description: `${name}, ${shape(size)}, encoded by ${encoder.info.used}`,
    isEndless: true,
    hasSound: false,
    play: (output, signal) => encodeAll(draw(signal), encoder, output, signal),
    [Symbol.asyncDispose]: async () => encoder.close(),
  };
}

function passThrough(input: string, loop: boolean, source: MediaSource): VideoInput {
  const { audio } = source.info;
  const hasSound = audio?.codec === "opus";
  return {
    hasSound,
    ...(audio !== undefined && !hasSound && { soundless: `The sound is left out: it is ${audio.codec}, not Opus.` }),
    description: `${shownInput(input)}, ${shape(source.info.video)}, H.264 as it is`,
    isEndless: loop,
    play: async (output, signal) => {
      await untilAborted(signal, async () => {
        for await (const packet of source) {
          if (signal.aborted) return;
          if (packet.kind === "video") output.write(packet);
          else if (hasSound) output.writeSound?.(packet);
        }
      });
    },
    [Symbol.asyncDispose]: () => source.close(),
  };
}

async function encodeAgain(input: string, loop: boolean, source: MediaSource, reason: string): Promise<VideoInput> {
  const { video, audio } = source.info;
  const size = sizeWithin(video);
  const framerate = Math.min(60, Math.max(1, video.framerate ?? 30));
  const encoder = await createEncoder({ ...size, framerate });
  return {
    description: `${shownInput(input)}, ${shape({ ...size, framerate })}, from ${video.codec} by ${encoder.info.used}`,
    isEndless: loop,
    encodedAgain: `The video is encoded again: ${reason}.`,
    hasSound: false,
    ...(audio !== undefined && {
      soundless: "The sound is left out: it is sent only beside video that is not encoded again.",
    }),
    play: async (output, signal) => {
      await encodeAll(decodeFrames(source, size), encoder, output, signal);
    },
    [Symbol.asyncDispose]: async () => {
      encoder.close();
      await source.close();
    },
  };
}

async function encodeAll(
  frames: AsyncIterable<RawFrame>,
  encoder: H264Encoder,
  output: VideoOutput,
  signal: AbortSignal,
): Promise<void> {
  output.connectEncoder(encoder);
  await untilAborted(signal, async () => {
    for await (const frame of frames) {
      if (signal.aborted) return;
      const accessUnit = await encoder.encode(frame);
      if (accessUnit) output.write(accessUnit);
    }
  });
}

/** An abort ends a video; it is no failure. */
async function untilAborted(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** The largest even size within the limits, in the proportions of the video; never larger than it. */
function sizeWithin({ width, height }: { width: number; height: number }): { width: number; height: number } {
  const scale = Math.min(1, largest.width / width, largest.height / height);
  const even = (pixels: number) => Math.max(2, 2 * Math.round((pixels * scale) / 2));
  return { width: even(width), height: even(height) };
}

function shape({ width, height, framerate }: { width: number; height: number; framerate?: number }): string {
  return `${width}x${height}${framerate === undefined ? "" : ` at ${Number(framerate.toFixed(2))} fps`}`;
}
