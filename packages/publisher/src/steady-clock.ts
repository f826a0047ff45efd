/**
 * Milliseconds since 1970 by a clock that never jumps when the system's is set: pages and workers agree on it. Messages
 * expire by it.
 */
export function steadyNowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** A clock of the application, held at its highest where it goes back or says no number. */
export function risingClock(clock: () => number): () => number {
  let highestMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = clock();
    if (nowMs > highestMs) highestMs = nowMs;
    return highestMs;
  };
}
