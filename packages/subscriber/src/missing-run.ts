import { never } from "./never.ts";

/** Consecutive messages of a topic that are missing. */
export interface MissingRun {
  /** The sequence number of the first one. */
  readonly first: number;
  readonly count: number;
  /** Infinity for what may have been published before this receiver joined: not a gap until a heartbeat says so. */
  readonly deadlineMs: number;
}

/** Whether the run is waited for and precedes a message. */
export function isBefore({ first, deadlineMs }: MissingRun, sequence: number): boolean {
  return deadlineMs < never && ((sequence - first) | 0) > 0;
}

/** The index of the run that a message is missing from; -1 for none. */
export function indexOfRun(runs: readonly MissingRun[], sequence: number): number {
  return runs.findIndex(({ first, count }) => (sequence - first) >>> 0 < count);
}

/** Removes a message from the run that it is missing from, which may leave a run on either side of it. */
export function withdraw(runs: MissingRun[], sequence: number): void {
  const index = indexOfRun(runs, sequence);
  const run = runs[index];
  if (run === undefined) return;
  const offset = (sequence - run.first) >>> 0;
  const after = { ...run, first: (sequence + 1) >>> 0, count: run.count - offset - 1 };
  runs.splice(index, 1, ...[{ ...run, count: offset }, after].filter(({ count }) => count > 0));
}
