/** A clock that never goes back: when the one it is made from does, it stands still and goes on from there. */
export function steadyClock(now: () => number): () => number {
  let last = Number.NEGATIVE_INFINITY;
  let ahead = 0;
  return () => {
    const at = now();
    if (at < last) ahead += last - at;
    last = at;
    return at + ahead;
  };
}
