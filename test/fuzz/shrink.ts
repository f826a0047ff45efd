const mostTries = 3000;

/** A smaller input that still fails: ever shorter pieces are left out, then bytes are set to zero. */
export function shrink(input: Uint8Array, fails: (input: Uint8Array) => boolean): Uint8Array {
  let smallest = input;
  let tries = 0;
  const accept = (candidate: Uint8Array): boolean => {
    tries += 1;
    if (tries > mostTries || !fails(candidate)) return false;
    smallest = candidate;
    return true;
  };
  for (let size = smallest.length >> 1; size >= 1 && tries <= mostTries; size >>= 1) {
    for (let at = 0; at < smallest.length && tries <= mostTries; ) {
      if (!accept(without(smallest, at, at + size))) at += size;
    }
  }
  for (let at = 0; at < smallest.length && tries <= mostTries; at += 1) {
    if (smallest[at] !== 0) accept(smallest.with(at, 0));
  }
  return smallest;
}

function without(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const rest = new Uint8Array(bytes.length - (Math.min(end, bytes.length) - start));
  rest.set(bytes.subarray(0, start));
  rest.set(bytes.subarray(end), start);
  return rest;
}
