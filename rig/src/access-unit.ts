import type { AccessUnit } from "@inband/h264";

/** The SPS of a made-up stream of 640x360 in Constrained Baseline. */
export const sps: Uint8Array = Uint8Array.of(0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x47, 0xfe, 0xc8);
/** The PPS that refers to {@link sps}. */
export const pps: Uint8Array = Uint8Array.of(0x68, 0xcb, 0x83, 0xcb, 0x20);

/** Access units of the made-up stream in a second. */
export const framesPerSecond = 30;

/** What an access unit of the made-up stream is like. */
export interface AccessUnitOptions {
  /** Whether it is an IDR picture behind its parameter sets. @defaultValue only the first one */
  readonly isKeyFrame?: boolean;
  /** Bytes of its only slice, header included. @defaultValue 900: one RTP packet */
  readonly sliceBytes?: number;
}

/** The access unit of this index in a made-up stream whose first picture is a key frame. */
export function accessUnit(index: number, options: AccessUnitOptions = {}): AccessUnit {
  const { isKeyFrame = index === 0, sliceBytes = 900 } = options;
  const slice = sliceOf(isKeyFrame, sliceBytes);
  return {
    kind: "video",
    codec: "h264",
    nalUnits: isKeyFrame ? [sps, pps, slice] : [slice],
    timestamp: timestampOf(index),
    isKeyFrame,
  };
}

/** A slice NAL unit of this many bytes, which needs no emulation prevention. */
export function sliceOf(isKeyFrame: boolean, bytes: number): Uint8Array {
  const slice = new Uint8Array(bytes).fill(0xa5);
  slice[0] = isKeyFrame ? 0x65 : 0x41;
  slice[1] = 0x88;
  return slice;
}

/** When the picture of this index is shown, in microseconds. */
export function timestampOf(index: number): number {
  return Math.round((index * 1_000_000) / framesPerSecond);
}
