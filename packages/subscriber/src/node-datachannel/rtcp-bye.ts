const byeType = 203;

/** The sources that leave (RTCP BYE, RFC 3550 6.6), of a compound packet whole or broken. */
export function byeSources(bytes: Uint8Array): number[] {
  const sources: number[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 4 <= bytes.length; ) {
    if (view.getUint8(at) >> 6 !== 2) break;
    const end = at + 4 * (view.getUint16(at + 2) + 1);
    if (end > bytes.length) break;
    if (view.getUint8(at + 1) === byeType) {
      const count = view.getUint8(at) & 31;
      for (let from = at + 4; from + 4 <= Math.min(end, at + 4 + 4 * count); from += 4)
        sources.push(view.getUint32(from));
    }
    at = end;
  }
  return sources;
}
