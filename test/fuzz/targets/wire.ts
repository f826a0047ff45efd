import { concat, hostileBytes } from "@inband/rig/hostile-bytes";
import type { Random } from "@inband/rig/random";
import { decodeEnvelope, decodeValue, encodeEnvelope, encodeValue, isEnvelope, WireError } from "@inband/wire";
import { holds, sameBytes, strict, type Target } from "../target.ts";

/** MessagePack, mostly of the kinds that inband takes. */
export function messagePack(random: Random, depth = 0): Uint8Array {
  const kind = random.integer(0, depth > 4 ? 9 : 13);
  const bytes = (length: number) => hostileBytes(random, length);
  const name = () => Uint8Array.from({ length: random.integer(0, 8) }, () => random.integer(0x61, 0x7a));
  const string = () => (random.oneIn(8) ? bytes(random.integer(0, 8)) : name());
  const members = (count: number, isMap: boolean): Uint8Array[] =>
    Array.from({ length: count }, () => {
      if (!isMap) return messagePack(random, depth + 1);
      const key = string();
      return concat([[0xa0 | key.length], key, messagePack(random, depth + 1)]);
    });
  switch (kind) {
    case 0:
      return Uint8Array.of(random.pick([0xc0, 0xc2, 0xc3, 0, 0x7f, 0xe0, 0xff]));
    case 1:
      return concat([[random.pick([0xcc, 0xd0])], bytes(1)]);
    case 2:
      return concat([[random.pick([0xcd, 0xd1])], bytes(2)]);
    case 3:
      return concat([[random.pick([0xca, 0xce, 0xd2])], bytes(4)]);
    case 4:
      return concat([[random.pick([0xcb, 0xcf, 0xd3])], bytes(8)]);
    case 5: {
      const text = string();
      return concat([[0xa0 | text.length], text]);
    }
    case 6: {
      const text = bytes(random.integer(0, 40));
      return concat([random.oneIn(2) ? [0xd9, text.length] : [0xda, 0, text.length], text]);
    }
    case 7: {
      const binary = bytes(random.integer(0, 40));
      return concat([random.oneIn(2) ? [0xc4, binary.length] : [0xc5, 0, binary.length], binary]);
    }
    case 8:
      return random.oneIn(4)
        ? Uint8Array.of(random.pick([0xc1, 0xc7, 0xd4, 0xd5, 0xd8, 0xdf]), 1, 2, 3)
        : Uint8Array.of(1);
    case 9:
      if (random.oneIn(16)) return concat([new Uint8Array(random.integer(1, 100)).fill(0x91), [0xc0]]);
      return random.oneIn(8) ? bytes(random.integer(1, 9)) : Uint8Array.of(0x90);
    case 10:
    case 11: {
      const count = random.integer(0, 4);
      return concat([random.oneIn(4) ? [0xdc, 0, count] : [0x90 | count], ...members(count, false)]);
    }
    default: {
      const count = random.integer(0, 4);
      return concat([random.oneIn(4) ? [0xde, 0, count] : [0x80 | count], ...members(count, true)]);
    }
  }
}

/** A uint as MessagePack. */
function uint(value: number): number[] {
  return value < 0x80 ? [value] : [0xce, value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

/** An envelope, or nearly one. */
export function envelope(random: Random): Uint8Array {
  const id = hostileBytes(random, 16);
  if (!random.oneIn(16)) id.set([0x70, 0, 0x80], 6);
  const topic = random.oneIn(3) ? [0xc0] : [0xa2, 0x61, random.pick([0x61, 0x62, 0xff])];
  const count = random.pick([1, 1, 1, 2, 3, 256, 0, 257]);
  const piece = hostileBytes(random, random.integer(1, 40));
  return concat([
    [0xc1, random.oneIn(16) ? random.integer(0, 3) : 1, random.oneIn(16) ? random.integer(0x90, 0x9f) : 0x99],
    [0xc4, 16],
    id,
    uint(random.pick([7, 0x12345678])),
    uint(random.pick([0, 1, 2, 3, 200, 0xffffffff])),
    topic,
    [random.pick([0, 0, 0, 1, 2])],
    [0xce, 0, 0, 0, 9],
    uint(count < 2 ? 0 : random.integer(0, count - 1)),
    uint(count),
    count > 1 ? [0xc4, piece.length] : [],
    count > 1 ? piece : messagePack(random),
  ]);
}

/** Payloads as envelopes. */
export const envelopeTarget: Target = {
  name: "envelope",
  make: envelope,
  check(payload) {
    const before = payload.slice();
    const decoded = strict(WireError, () => decodeEnvelope(payload));
    sameBytes(payload, before, "the argument was written to");
    if (decoded === undefined) return;
    holds(isEnvelope(payload), "decoded, and not an envelope");
    holds(decoded.index < decoded.count && decoded.count <= 256, "a fragment out of its message");
    // What is no UTF-8 grows when it is written again.
    if (decoded.topic?.includes("\ufffd")) return;
    const again = decodeEnvelope(encodeEnvelope(decoded).payload);
    sameBytes(again.body, decoded.body, "decode of encode");
    for (const field of ["id", "source", "sequence", "topic", "flags", "age", "index", "count"] as const) {
      holds(again[field] === decoded[field], `decode of encode: ${field}`);
    }
  },
};

/** Bodies as values. */
export const valueTarget: Target = {
  name: "value",
  make: messagePack,
  check(body) {
    const before = body.slice();
    // Boxed: undefined says that it was refused.
    const decoded = strict(WireError, () => ({ value: decodeValue(body) }));
    sameBytes(body, before, "the argument was written to");
    if (decoded === undefined) return;
    checkCore(decoded.value);
    const encoded = strict(TypeError, () => encodeValue(decoded.value));
    if (encoded === undefined) return;
    sameBytes(encodeValue(decodeValue(encoded)), encoded, "encode of decode");
  },
};

function checkCore(value: unknown, depth = 0): void {
  holds(depth <= 32, "a value nested too deep");
  if (value === null || typeof value !== "object") {
    holds(!["undefined", "function", "symbol"].includes(typeof value), `a value of type ${typeof value}`);
  } else if (Array.isArray(value)) for (const item of value) checkCore(item, depth + 1);
  else if (!(value instanceof Uint8Array)) {
    holds(Object.getPrototypeOf(value) === Object.prototype, "an object with another prototype");
    for (const [key, member] of Object.entries(value)) {
      holds(key !== "__proto__", "a member named __proto__");
      checkCore(member, depth + 1);
    }
  }
}
