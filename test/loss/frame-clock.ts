import { percentile } from "@inband/rig/percentile";

/** How late frames were: a clock that is late puts copies closer together than they are in use. */
export interface Lateness {
  readonly p99Ms: number;
  readonly maxMs: number;
}

/**
 * Calls `frame` at an even rate for a time, and catches up when the process was held up; resolves after the last with how
 * late they were.
 */
export function runFrames(count: number, framesPerSecond: number, frame: (index: number) => void): Promise<Lateness> {
  const beginMs = performance.now();
  const late = new Float64Array(count);
  return new Promise((resolve) => {
    let index = 0;
    const dueMs = (): number => beginMs + (index * 1000) / framesPerSecond;
    const next = (): void => {
      late[index] = performance.now() - dueMs();
      frame(index);
      index += 1;
      if (index >= count) {
        resolve({ p99Ms: percentile(late, 0.99), maxMs: Math.max(...late) });
        return;
      }
      setTimeout(next, Math.max(0, dueMs() - performance.now()));
    };
    next();
  });
}
