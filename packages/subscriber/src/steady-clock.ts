/**
 * A clock that never goes back: when the one it is made from does, it stands still and goes on from there. So it does
 * when that one tells no time at all, as NaN, which no deadline would ever be compared with.
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
