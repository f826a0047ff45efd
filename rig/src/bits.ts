/** The bits of u(n), the most significant first. ITU-T H.264 7.2. */
export function u(value: number, count: number): string {
  return value.toString(2).padStart(count, "0").slice(-count);
}

/** The bits of ue(v). ITU-T H.264 9.1. */
export function ue(value: number): string {
  const binary = (value + 1).toString(2);
  return "0".repeat(binary.length - 1) + binary;
}

/** A NAL unit of a header byte and bits, filled up with ones to a whole byte. */
export function nalOfBits(header: number, bits: string): Uint8Array {
  const bytes = `${bits}11111111`.match(/[01]{8}/g) ?? [];
  return Uint8Array.from([header, ...bytes.map((byte) => Number.parseInt(byte, 2))]);
}
