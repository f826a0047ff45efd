import type { Profile } from "./profile.ts";

/** 73fe4a2c-0b55-4d3c-8155-c37ebacbdefc */
const uuid = [0x73, 0xfe, 0x4a, 0x2c, 0x0b, 0x55, 0x4d, 0x3c, 0x81, 0x55, 0xc3, 0x7e, 0xba, 0xcb, 0xde, 0xfc];

/**
 * The profile of inband itself: envelope v1 under UUID 73fe4a2c-0b55-4d3c-8155-c37ebacbdefc.
 *
 * Values up to 64 KiB encoded, in fragments that each fit one RTP packet.
 */
export function inband(): Profile {
  return {
    name: "inband",
    uuid: Uint8Array.from(uuid),
    encoding: "envelope",
    maxMessageBytes: 65_536,
    maxNalUnitBytes: 1100,
    maxCopies: 31,
    keyFrameCopies: 2,
    alone: false,
  };
}
