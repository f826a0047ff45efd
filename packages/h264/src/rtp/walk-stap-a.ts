/**
 * Visits what a STAP-A frames as NAL units, empty ones as well. RFC 6184 5.7.1.
 *
 * @returns Whether the sizes lead exactly to the end, and there is one.
 */
export function walkStapA(payload: Uint8Array, visit: (framed: Uint8Array) => void): boolean {
  let at = 1;
  while (at + 2 < payload.length) {
    const start = at + 2;
    at = start + (((payload[at] as number) << 8) | (payload[at + 1] as number));
    if (at > payload.length) break;
    visit(payload.subarray(start, at));
  }
  return at === payload.length && at > 1;
}
