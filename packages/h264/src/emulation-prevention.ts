/** Up to this size one buffer, kept for good, takes the escaped bytes before they are copied out at their true size. */
const scratchBytes = 65_536;
let scratch = /* @__PURE__ */ new Uint8Array(0);

/**
 * Inserts emulation prevention bytes: 03 between 00 00 and any of 00, 01, 02, 03, and after a final 00 00.
 * ITU-T H.264 7.4.1.1.
 *
 * Give it a whole NAL unit or a whole RBSP, length fields and trailing bits included: a pattern may begin in one syntax
 * element and end in the next. Returns the argument itself when there is nothing to insert, otherwise a fresh buffer.
 */
export function escapeRbsp(rbsp: Uint8Array): Uint8Array {
  const first = firstEscape(rbsp);
  if (first < 0) return rbsp;
  const most = rbsp.length + ((rbsp.length - first) >> 1) + 2;
  if (most > scratchBytes) return escapeFrom(rbsp, first, new Uint8Array(most));
  if (scratch.length < most) scratch = new Uint8Array(Math.min(scratchBytes, 2 * most));
  return escapeFrom(rbsp, first, scratch);
}

/** Offset of the byte before which the first 03 goes (`rbsp.length` for one at the end), -1 where none is due. */
function firstEscape(rbsp: Uint8Array): number {
  const length = rbsp.length;
  let i = rbsp.indexOf(0);
  if (i < 0) return -1;
  // One of two neighbours is looked at; where it is 00, both of its sides are.
  for (i += 1; i < length; i += 2) {
    if (rbsp[i] !== 0) continue;
    const zero = rbsp[i - 1] === 0 ? i - 1 : i;
    if (rbsp[zero + 1] !== 0) continue;
    if (zero + 2 >= length || (rbsp[zero + 2] as number) <= 3) return zero + 2;
  }
  return -1;
}

function escapeFrom(rbsp: Uint8Array, first: number, target: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const length = rbsp.length;
  target.set(first === length ? rbsp : rbsp.subarray(0, first));
  target[first] = 3;
  let out = first + 1;
  let zeros = 0;
  for (let i = first; i < length; i += 1) {
    const byte = rbsp[i] as number;
    if (zeros === 2) {
      if (byte <= 3) target[out++] = 3;
      zeros = 0;
    }
    target[out++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  if (zeros === 2) target[out++] = 3;
  return target === scratch ? target.slice(0, out) : target.subarray(0, out);
}

/**
 * Removes emulation prevention bytes: the 03 of every 00 00 03, also at the very end. ITU-T H.264 7.3.1.
 *
 * Returns the argument itself when there is nothing to remove, otherwise a fresh buffer.
 */
export function unescapeEbsp(ebsp: Uint8Array): Uint8Array {
  let first = ebsp.indexOf(3, 2);
  while (first >= 0 && (ebsp[first - 1] !== 0 || ebsp[first - 2] !== 0)) first = ebsp.indexOf(3, first + 1);
  if (first < 0) return ebsp;
  const rbsp = new Uint8Array(ebsp.length - 1);
  let out = 0;
  let zeros = 0;
  for (const byte of ebsp) {
    if (zeros < 2 || byte !== 3) rbsp[out++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return rbsp.subarray(0, out);
}

/** Offset of the first 00 00 in a NAL unit that 7.4.1 forbids there, before 00, 01, 02, or 03 and more than 03; -1 for none. */
export function forbiddenPattern(nal: Uint8Array): number {
  for (let i = 1; i + 1 < nal.length; i += 2) {
    if (nal[i] !== 0) continue;
    const zero = nal[i - 1] === 0 ? i - 1 : i;
    const third = nal[zero + 2] ?? 4;
    if (nal[zero + 1] === 0 && (third < 3 || (third === 3 && (nal[zero + 3] ?? 0) > 3))) return zero;
  }
  return -1;
}
