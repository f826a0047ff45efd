/**
 * Milliseconds since 1970 by a clock that does not jump when the system's is set. Pages and workers agree on it, and
 * messages expire by it.
 */
export function steadyNowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** A clock of the application, held at its highest value where it goes back or says no number. */
export function risingClock(clock: () => number): () => number {
  let highestMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = clock();
    if (nowMs > highestMs) highestMs = nowMs;
    return highestMs;
  };
}
