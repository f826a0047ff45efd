import type { AccessUnit } from "@inband/h264";

const sps = Uint8Array.of(0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x47, 0xfe, 0xc8);
const pps = Uint8Array.of(0x68, 0xcb, 0x83, 0xcb, 0x20);

/** Payload bytes of one packet of a slice. */
const packetBytes = 1100;

export const framesPerSecond = 30;
export const framesPerGop = 60;
const packets = { key: 18, other: 5 };

const keySlice = slice(0x65, packets.key);
const otherSlice = slice(0x41, packets.other);

/** An access unit of a made-up picture at about 1.5 Mb/s: a slice of 18 packets every two seconds, 5 packets else. */
export function accessUnit(index: number): AccessUnit {
  const isKeyFrame = index % framesPerGop === 0;
  return {
    kind: "video",
    codec: "h264",
    nalUnits: isKeyFrame ? [sps, pps, keySlice] : [otherSlice],
    timestamp: Math.round((index * 1_000_000) / framesPerSecond),
    isKeyFrame,
  };
}

function slice(header: number, count: number): Uint8Array {
  const nal = new Uint8Array(count * packetBytes).fill(0xa5);
  nal[0] = header;
  nal[1] = 0x88;
  return nal;
}
