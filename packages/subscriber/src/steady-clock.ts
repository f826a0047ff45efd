/**
 * A clock in milliseconds that never goes back, which browsers that blur `performance.now` do not promise: if that one goes
 * back, this one stops and continues from there. It also stops while that one returns no number, as NaN, which no deadline
 * could be compared with.
 */
export function steadyClock(): () => number {
  let last = Number.NEGATIVE_INFINITY;
  let ahead = 0;
  let steady = 0;
  return () => {
    const at = performance.now();
    if (!Number.isFinite(at)) return steady;
    if (at < last) ahead += last - at;
    last = at;
    steady = at + ahead;
    return steady;
  };
}
