/**
 * A clock that never goes back: if the one it is made from does, it stops and continues from there. It also stops while that
 * one returns no number, as NaN, which no deadline could be compared with.
 */
export function steadyClock(now: () => number): () => number {
  let last = Number.NEGATIVE_INFINITY;
  let ahead = 0;
  let steady = 0;
  return () => {
    const at = Number(now());
    if (!Number.isFinite(at)) return steady;
    if (at < last) ahead += last - at;
    last = at;
    steady = at + ahead;
    return steady;
  };
}
