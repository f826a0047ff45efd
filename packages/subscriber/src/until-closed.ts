/// <reference lib="esnext.disposable" preserve="true" />
const everyMs = 500;

/**
 * Calls `closed` once `isClosed` says so. For what tells a single listener of its end, and that one is the application's.
 * Disposing of the result ends the watch.
 */
export function untilClosed(isClosed: () => boolean, closed: () => void): Disposable {
  const timer = setInterval(() => {
    if (!isClosed()) return;
    clearInterval(timer);
    closed();
  }, everyMs);
  // In Node this is no reason to keep the process.
  (timer as { unref?: () => void }).unref?.();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
