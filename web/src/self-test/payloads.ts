/** Bytes that a wire does not like: they form start codes, and what looks like the escape of one. */
const awkward = [0, 0, 0, 1, 0, 0, 3, 0, 0, 2, 0x80, 0xff, 0x06, 0x05];
const sizes = [0, 1, 2, 3, 15, 16, 17, 254, 255, 256, 511, 700, 1000];

/** Payloads of awkward sizes and bytes, each different. */
export function awkwardPayloads(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, n) => {
    const bytes = new Uint8Array(sizes[n % sizes.length] ?? 0);
    for (let at = 0; at < bytes.length; at += 1) {
      bytes[at] = Math.random() < 0.8 ? (awkward[(at + n) % awkward.length] ?? 0) : Math.floor(Math.random() * 256);
    }
    return bytes;
  });
}
