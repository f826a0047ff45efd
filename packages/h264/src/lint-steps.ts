/** NAL units or packets of one step: some milliseconds. */
export const nalUnitsOfStep = 4096;

/** What steps return, all of them taken at once. */
export function runSteps<Result>(steps: Generator<void, Result, undefined>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
