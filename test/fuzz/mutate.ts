import { concat, hostileByte, hostileBytes } from "@inband/rig/hostile-bytes";
import type { Random } from "@inband/rig/random";

/** Inputs stay below this, so that many are tried. */
export const maxInputBytes = 65_536;

/** The bytes, changed in a few places; `other` is what may be spliced in. */
export function mutate(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  let mutated = bytes;
  for (let times = random.integer(1, 4); times > 0; times -= 1) mutated = once(random, mutated, other);
  return mutated.length > maxInputBytes ? mutated.slice(0, maxInputBytes) : mutated;
}

function once(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  const at = random.integer(0, bytes.length);
  const size = Math.min(bytes.length - at, random.length(64));
  const end = at + size;
  switch (random.integer(0, 7)) {
    case 0: {
      const flipped = bytes.slice();
      if (at < bytes.length) flipped[at] = (flipped[at] as number) ^ (1 << random.integer(0, 7));
      return flipped;
    }
    case 1: {
      const changed = bytes.slice();
      if (at < bytes.length) changed[at] = hostileByte(random);
      return changed;
    }
    case 2:
      return concat([bytes.subarray(0, at), bytes.subarray(end)]);
    case 3:
      return bytes.slice(0, at);
    case 4: {
      const from = random.integer(0, other.length);
      return concat([bytes.subarray(0, at), other.subarray(from, from + random.length(200)), bytes.subarray(end)]);
    }
    case 5: {
      const times = random.pick([2, 2, 3, 10, 100]);
      return concat([
        bytes.subarray(0, at),
        ...Array.from({ length: times }, () => bytes.subarray(at, end)),
        bytes.subarray(end),
      ]);
    }
    case 6:
      return concat([bytes.subarray(0, at), hostileBytes(random, random.length(30)), bytes.subarray(at)]);
    default: {
      // A size field that announces too much, or nearly too much.
      const changed = bytes.slice();
      const rest = bytes.length - at;
      const announced = rest + random.integer(-4, 4);
      if (rest >= 2) changed.set([announced >> 8, announced & 255], at);
      return changed;
    }
  }
}
