import fc from "fast-check";

/** A byte that often forms start codes, emulation prevention and length fields, as a uniform one hardly ever does. */
export const byte: fc.Arbitrary<number> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 0, 1, 2, 3, 0x80, 0xff) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
);

/** Bytes, hostile ones preferred. */
export function bytes(maxLength = 64): fc.Arbitrary<Uint8Array> {
  return fc.array(byte, { maxLength, size: "max" }).map((values) => Uint8Array.from(values));
}

/** A well-formed NAL unit: a header of one of the types, and a body that is escaped and does not end in 00. */
export function nalUnit(types: readonly number[], maxLength = 64): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.constantFrom(...types), fc.integer({ min: 0, max: 3 }), fc.array(byte, { maxLength, size: "max" }))
    .map(([type, refIdc, body]) => Uint8Array.from([(refIdc << 5) | type, ...escaped(body)]));
}

/** A well-formed NAL unit of any type. */
export const anyNalUnit: fc.Arbitrary<Uint8Array> = nalUnit(Array.from({ length: 23 }, (_, index) => index + 1));

/** Emulation prevention as the clause words it: the oracle for the fast one. ITU-T H.264 7.4.1.1. */
function escaped(body: readonly number[]): number[] {
  const out: number[] = [];
  for (const value of body) {
    if (out.at(-1) === 0 && out.at(-2) === 0 && value <= 3) out.push(3);
    out.push(value);
  }
  while (out.at(-1) === 0) out.pop();
  return out;
}

/** Cuts bytes into chunks at the given points. */
export function chunks(whole: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const cut: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; at < whole.length; i += 1) {
    const size = Math.max(1, sizes[i % Math.max(1, sizes.length)] ?? 1);
    cut.push(whole.slice(at, at + size));
    at += size;
  }
  return cut;
}
