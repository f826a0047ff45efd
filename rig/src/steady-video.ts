import type { AccessUnit } from "@inband/h264";
import { onTestFinished } from "vitest";
import { accessUnit } from "./access-unit.ts";

/**
 * Writes the access units of the made-up stream in real time, every twentieth a key frame, until the test ends.
 *
 * @param everyMs @defaultValue 20
 * @returns Stops the video.
 */
export function steadyVideo(write: (unit: AccessUnit) => void, everyMs = 20): () => void {
  let index = 0;
  const timer = setInterval(() => {
    write(accessUnit(index, { isKeyFrame: index % 20 === 0 }));
    index += 1;
  }, everyMs);
  const stop = (): void => clearInterval(timer);
  onTestFinished(stop);
  return stop;
}
