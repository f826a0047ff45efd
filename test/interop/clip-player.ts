import { type AccessUnit, isVclNalUnit } from "@inband/h264";
import { encodedPictures } from "@inband/rig/encoded-pictures";
import { BoundedMap } from "@inband/stream";
import type { Place } from "./place.ts";

export const framerate = 30;
export const clipSize = { width: 640, height: 360 } as const;
const framesPerGop = 60;
/** Copies of a message leave within seconds. */
const rememberedPictures = 600;

let encoded: Promise<AccessUnit[]> | undefined;

/** The clip that all senders without an encoder of their own play: two seconds of x264, which begin with a key frame. */
export function clip(): Promise<AccessUnit[]> {
  const size = { ...clipSize, framerate };
  encoded ??= encodedPictures({ ...size, frames: framesPerGop, bitrate: 1_000_000, keyFrameInterval: 2 });
  return encoded;
}

/** The number in the clip of the picture that has a slice like one of these NAL units; undefined where none has. */
export async function pictureOf(nalUnits: readonly Uint8Array[]): Promise<number | undefined> {
  const slice = nalUnits.find(isVclNalUnit);
  if (!slice) return undefined;
  const number = (await clip()).findIndex(({ nalUnits }) => nalUnits.some((nal) => Buffer.compare(nal, slice) === 0));
  return number < 0 ? undefined : number;
}

/** What takes the clip: a carrier of access units. */
export interface ClipVideo {
  write(accessUnit: AccessUnit): void;
  rtpTimestamp(timestamp: number): number;
  connectEncoder(encoder: { requestKeyFrame(): void }): void;
}

/** The clip as it is being played. */
export interface PlayedClip {
  /** The picture that left with this RTP timestamp. */
  place(rtpTimestamp: number | undefined): Place;
  stop(): void;
}

/** Plays it over and over, and from its key frame when one is requested. */
export async function playClip(video: ClipVideo): Promise<PlayedClip> {
  const pictures = await clip();
  const played = new BoundedMap<number, number>(rememberedPictures);
  let at = 0;
  let frame = 0;
  video.connectEncoder({
    requestKeyFrame() {
      at = 0;
    },
  });
  const beginMs = performance.now();
  const timer = setInterval(() => {
    for (; frame < ((performance.now() - beginMs) * framerate) / 1000; frame += 1) {
      const timestamp = Math.round((frame * 1_000_000) / framerate);
      const picture = at++ % pictures.length;
      played.set(video.rtpTimestamp(timestamp), picture);
      video.write({ ...(pictures[picture] as AccessUnit), timestamp });
    }
  }, 1000 / framerate);
  return {
    place: (rtpTimestamp) => ({
      rtpTimestamp,
      picture: rtpTimestamp === undefined ? undefined : played.get(rtpTimestamp),
    }),
    stop: () => clearInterval(timer),
  };
}
