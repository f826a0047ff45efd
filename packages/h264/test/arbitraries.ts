import fc from "fast-check";

/** Bytes that meet start codes, emulation prevention and length fields often, as uniform ones never do. */
export const byte: fc.Arbitrary<number> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 0, 1, 2, 3, 0x80, 0xff) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
);

/** Any bytes, hostile ones preferred. */
export function bytes(maxLength = 64): fc.Arbitrary<Uint8Array> {
  return fc.array(byte, { maxLength, size: "max" }).map((values) => Uint8Array.from(values));
}

/** A well-formed NAL unit: a header of the types 1 to 23 and a body that is escaped and does not end in 00. */
export function nalUnit(types: readonly number[], maxLength = 64): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.constantFrom(...types), fc.integer({ min: 0, max: 3 }), fc.array(byte, { maxLength, size: "max" }))
    .map(([type, refIdc, body]) => Uint8Array.from([(refIdc << 5) | type, ...escaped(body)]));
}

/** NAL units without any SEI, parameter sets or slices of which there is more to know. */
export const anyNalUnit: fc.Arbitrary<Uint8Array> = nalUnit(Array.from({ length: 23 }, (_, index) => index + 1));

/** Emulation prevention as the clause reads, written for clarity: the oracle for the fast one. ITU-T H.264 7.4.1.1. */
function escaped(body: readonly number[]): number[] {
  const out: number[] = [];
  for (const value of body) {
    if (out.at(-1) === 0 && out.at(-2) === 0 && value <= 3) out.push(3);
    out.push(value);
  }
  while (out.at(-1) === 0) out.pop();
  return out;
}

/** Bits of ue(v), 9.1. */
export function ue(value: number): string {
  const binary = (value + 1).toString(2);
  return "0".repeat(binary.length - 1) + binary;
}

/** A NAL unit of a header byte and bits, filled up with ones. */
export function nalOfBits(header: number, bits: string): Uint8Array {
  const bytes = `${bits}11111111`.match(/[01]{8}/g) ?? [];
  return Uint8Array.from([header, ...bytes.map((byte) => Number.parseInt(byte, 2))]);
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

/** Bytes from a hexadecimal text with blanks. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (pair) => Number.parseInt(pair, 16));
}
