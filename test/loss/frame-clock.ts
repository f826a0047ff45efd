/** Calls `frame` at an even rate for a time, and catches up when the process was held up; resolves after the last. */
export function runFrames(count: number, framesPerSecond: number, frame: (index: number) => void): Promise<void> {
  const beginMs = performance.now();
  return new Promise((resolve) => {
    let index = 0;
    const next = (): void => {
      frame(index);
      index += 1;
      if (index >= count) {
        resolve();
        return;
      }
      setTimeout(next, Math.max(0, beginMs + (index * 1000) / framesPerSecond - performance.now()));
    };
    next();
  });
}
