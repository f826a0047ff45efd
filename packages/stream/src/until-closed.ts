/// <reference lib="esnext.disposable" preserve="true" />
import { WakeTimer } from "./wake-timer.ts";

const checkEveryMs = 500;

/**
 * Calls `closed` once `isClosed` returns true. For objects that report their end to a single listener, which belongs to
 * the application. Disposing of the result ends the watch.
 */
export function untilClosed(isClosed: () => boolean, closed: () => void): Disposable {
  const timer = new WakeTimer(() => {
    if (isClosed()) closed();
    else timer.after(checkEveryMs);
  });
  timer.after(checkEveryMs);
  return { [Symbol.dispose]: () => timer.stop() };
}
