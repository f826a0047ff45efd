import { afterEach, beforeEach, expect, vi } from "vitest";

/** Where the fake clock of a test begins, in milliseconds since 1970. */
export const fakeClockBeginMs = 1_000_000;

/**
 * Replaces timers and clocks by Vitest's fake ones for each test of the file or suite that calls this first. When a test
 * has ended and its own `afterEach` has closed what it opened, no timer may be left.
 */
export function useFakeClock(): void {
  beforeEach(() => void vi.useFakeTimers({ now: fakeClockBeginMs }));
  afterEach(() => {
    const timers = vi.getTimerCount();
    vi.useRealTimers();
    expect(timers, "timers that are left").toBe(0);
  });
}
