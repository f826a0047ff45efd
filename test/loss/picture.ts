import type { AccessUnit } from "@inband/h264";

const sps = Uint8Array.of(0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x47, 0xfe, 0xc8);
const pps = Uint8Array.of(0x68, 0xcb, 0x83, 0xcb, 0x20);

/** A slice fills a packet and shares it with no SEI. */
const sliceBytes = 1150;

export const framesPerSecond = 30;
export const framesPerGop = 60;
const keySlices = Array.from({ length: 18 }, () => slice(0x65));
const otherSlices = Array.from({ length: 5 }, () => slice(0x41));

/**
 * An access unit of a made-up picture at about 1.5 Mb/s: 18 packets of slices every two seconds, and where a key frame
 * was asked for; 5 else.
 */
export function accessUnit(index: number, isKeyFrame: boolean = index % framesPerGop === 0): AccessUnit {
  return {
    kind: "video",
    codec: "h264",
    nalUnits: isKeyFrame ? [sps, pps, ...keySlices] : otherSlices,
    timestamp: Math.round((index * 1_000_000) / framesPerSecond),
    isKeyFrame,
  };
}

function slice(header: number): Uint8Array {
  const nal = new Uint8Array(sliceBytes).fill(0xa5);
  nal[0] = header;
  nal[1] = 0x88;
  return nal;
}
