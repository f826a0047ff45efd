/**
 * A clock in milliseconds that never goes back, which browsers that blur `performance.now` do not promise: if that one goes
 * back, this one stops and continues from there. It also stops while that one returns no number, as NaN, which no deadline
 * could be compared with.
 */
export function steadyClock(): () => number {
  let lastMs = 0;
  let steadyMs = 0;
  return () => {
    const nowMs = performance.now();
    if (Number.isFinite(nowMs)) {
      steadyMs += Math.max(0, nowMs - lastMs);
      lastMs = nowMs;
    }
    return steadyMs;
  };
}
