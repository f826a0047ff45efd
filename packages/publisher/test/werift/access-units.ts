import type { AccessUnit } from "@inband/h264";

const sps = Uint8Array.of(0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x47, 0xfe, 0xc8);
const pps = Uint8Array.of(0x68, 0xcb, 0x83, 0xcb, 0x20);

/** An access unit of a made-up stream at 30 frames a second. */
export function accessUnit(index: number, options: { isKeyFrame?: boolean; sliceBytes?: number } = {}): AccessUnit {
  const isKeyFrame = options.isKeyFrame ?? index === 0;
  const slice = new Uint8Array(options.sliceBytes ?? 900).fill(0xa5);
  slice[0] = isKeyFrame ? 0x65 : 0x41;
  slice[1] = 0x88;
  return {
    kind: "video",
    codec: "h264",
    nalUnits: isKeyFrame ? [sps, pps, slice] : [slice],
    timestamp: Math.round((index * 1_000_000) / 30),
    isKeyFrame,
  };
}
