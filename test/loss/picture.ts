import type { AccessUnit } from "@inband/h264";
import { framesPerSecond, pps, sliceOf, sps, timestampOf } from "@inband/rig/access-unit";

/** A slice fills an RTP packet and shares it with no SEI. */
const sliceBytes = 1150;

/** Access units from one regular key frame to the next. */
export const framesPerGop = 60;
const keySlices = Array.from({ length: 18 }, () => sliceOf(true, sliceBytes));
const otherSlices = Array.from({ length: 5 }, () => sliceOf(false, sliceBytes));

/**
 * An access unit of a made-up stream of about 1.5 Mb/s at {@link framesPerSecond}: 18 packets of slices where it is a key
 * frame, 5 where it is not.
 *
 * @param isKeyFrame @defaultValue every 60th
 */
export function accessUnit(index: number, isKeyFrame: boolean = index % framesPerGop === 0): AccessUnit {
  return {
    kind: "video",
    codec: "h264",
    nalUnits: isKeyFrame ? [sps, pps, ...keySlices] : otherSlices,
    timestamp: timestampOf(index),
    isKeyFrame,
  };
}
