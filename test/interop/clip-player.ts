import type { AccessUnit } from "@inband/h264";
import { encodedPictures } from "@inband/rig/encoded-pictures";

export const framerate = 30;
const framesPerGop = 60;

let encoded: Promise<AccessUnit[]> | undefined;

/** The clip that all senders without an encoder of their own play: two seconds of x264, which begin with a key frame. */
export function clip(): Promise<AccessUnit[]> {
  const size = { width: 640, height: 360, framerate };
  encoded ??= encodedPictures({ ...size, frames: framesPerGop, bitrate: 1_000_000, keyFrameInterval: 2 });
  return encoded;
}

/** Plays it over and over, and from its key frame when one is requested. */
export async function playClip(video: {
  write(accessUnit: AccessUnit): void;
  connectEncoder(encoder: { requestKeyFrame(): void }): void;
}): Promise<() => void> {
  const pictures = await clip();
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
      video.write({ ...(pictures[at++ % pictures.length] as AccessUnit), timestamp });
    }
  }, 1000 / framerate);
  return () => clearInterval(timer);
}
