/**
 * Milliseconds since 1970 by a clock that never jumps when the system's is set: pages and workers agree on it. Messages
 * expire by it.
 */
export function steadyNowMs(): number {
  return performance.timeOrigin + performance.now();
}
