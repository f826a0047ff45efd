import { hostileBytes } from "@inband/rig/hostile-bytes";
import { Random } from "@inband/rig/random";

/** Sizes that sit on what senders have been seen to get wrong: ff_byte borders, empty, one byte, near a limit of 1024. */
const sizes = [0, 1, 2, 13, 100, 237, 238, 239, 253, 254, 255, 300, 491, 492, 493, 500];

/** Bytes of a message by its number: two of the number, little endian, and then data full of zeros and start codes. */
export function payloadOf(number: number): Uint8Array<ArrayBuffer> {
  const size = sizes[number % sizes.length] as number;
  const payload = new Uint8Array(2 + size);
  payload[0] = number & 0xff;
  payload[1] = number >> 8;
  payload.set(hostileBytes(new Random(number), size), 2);
  return payload;
}

/** The number of a message; undefined where it is none of ours. */
export function numberOf(payload: Uint8Array): number | undefined {
  const [low, high] = payload;
  return low === undefined || high === undefined ? undefined : low + high * 256;
}
