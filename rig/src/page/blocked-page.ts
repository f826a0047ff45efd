/** Holds the only thread of the page. */
export function blockFor(durationMs: number): void {
  const endMs = performance.now() + durationMs;
  while (performance.now() < endMs);
}

/**
 * Blocks the page again and again, 300 ms each, until frames have been counted during five of the blocks: right after a
 * block, `counted` knows only of what happened outside this thread.
 *
 * @throws Error after 40 blocks.
 */
export async function untilFlowsWhileBlocked(counted: () => number, between: () => void): Promise<void> {
  const pause = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs));
  for (let block = 0, flowed = 0; flowed < 5; block++) {
    if (block === 40) throw new Error(`frames flowed during ${flowed} of ${block} blocks only`);
    between();
    await pause(60);
    const before = counted();
    blockFor(300);
    await pause(0);
    if (counted() - before >= 3) flowed++;
  }
}
