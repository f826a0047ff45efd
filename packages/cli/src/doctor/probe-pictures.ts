import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type AccessUnit, isVclNalUnit, NalUnitType, nalUnitType, splitAccessUnits } from "@inband/h264";
import { createEncoder, EncoderError } from "@inband/h264/encoder";
import { testPicture } from "@inband/media/frames";
import { sentenceOf } from "../tell-error.ts";
import { openVideo, type VideoInput, type VideoOutput } from "../video-input.ts";

/** Small, so that no hop is too slow for it, and large enough for slices of several packets. */
const probeSize = { width: 640, height: 360, framerate: 30 };
/** Who joins a live stream waits for a key frame. */
const keyFrameInterval = 1;

/**
 * Pictures to send messages in: the file that was asked for, a moving test picture, or, where nothing encodes, a clip that
 * comes with the command.
 *
 * @param realtime Whether each picture comes when it is due.
 * @param frames How many, where they do not come in real time.
 * @throws MediaError for a file that cannot be read, or the signal's reason.
 */
export async function probePictures({
  input,
  realtime,
  frames,
  signal,
}: {
  input: string | undefined;
  realtime: boolean;
  frames: number;
  signal: AbortSignal;
}): Promise<VideoInput> {
  if (input !== undefined) return await openVideo({ input, loop: true, signal });
  try {
    return await encodedPictures(realtime ? { realtime } : { frames });
  } catch (error) {
    if (!(error instanceof EncoderError)) throw error;
    return await clipPictures(realtime ? undefined : frames, sentenceOf(error));
  }
}

async function encodedPictures(pace: { realtime: true } | { frames: number }): Promise<VideoInput> {
  const encoder = await createEncoder({ ...probeSize, keyFrameInterval });
  return {
    description: `test picture, ${probeSize.width}x${probeSize.height}, by ${encoder.info.used}`,
    isEndless: "realtime" in pace,
    hasSound: false,
    async play(output, signal) {
      output.connectEncoder(encoder);
      try {
        for await (const frame of testPicture({ ...probeSize, ...pace, signal })) {
          const accessUnit = await encoder.encode(frame);
          if (accessUnit !== undefined) output.write(accessUnit);
          if (signal.aborted) return;
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
    [Symbol.asyncDispose]: async () => encoder.close(),
  };
}

/** 60 pictures of a clip made by x264, 2 seconds with a key frame each second, over and over. */
export async function clipPictures(frames: number | undefined, reason: string): Promise<VideoInput> {
  const bytes = await readFile(new URL("../../clip/probe.264", import.meta.url));
  const clip = Array.from(splitAccessUnits(bytes), ({ nalUnits }) => nalUnits);
  const { framerate } = probeSize;
  return {
    description: `a clip of 160x90 (${reason})`,
    isEndless: frames === undefined,
    hasSound: false,
    async play(output: VideoOutput, signal: AbortSignal) {
      const began = performance.now();
      for (let index = 0; index !== frames && !signal.aborted; index += 1) {
        output.write(accessUnitOf(clip[index % clip.length] as readonly Uint8Array[], index));
        const dueMs = began + ((index + 1) * 1000) / framerate - performance.now();
        if (frames === undefined && dueMs > 0) await sleep(dueMs, undefined, { signal }).catch(() => undefined);
      }
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function accessUnitOf(nalUnits: readonly Uint8Array[], index: number): AccessUnit {
  return {
    kind: "video",
    codec: "h264",
    nalUnits,
    timestamp: Math.round((index * 1_000_000) / probeSize.framerate),
    isKeyFrame: nalUnits.some((nal) => isVclNalUnit(nal) && nalUnitType(nal) === NalUnitType.SliceIdr),
  };
}
