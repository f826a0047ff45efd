import { vi } from "vitest";

/** Everything that makes code run later: timers, clocks and microtasks. */
const faked = [
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "Date",
  "performance",
  "queueMicrotask",
] as const;

/** Time and microtasks of the code under test wait for the test, until `vi.useRealTimers()`. */
export function useVirtualTime(): void {
  vi.useFakeTimers({ now: 1_000_000, toFake: [...faked] });
}

/** The work at hand is done: what was put off until then happens, and what that puts off in turn. */
export function endOfTurn(): void {
  if (vi.isFakeTimers()) vi.runAllTicks();
}
