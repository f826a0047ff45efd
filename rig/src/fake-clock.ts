import { beforeEach, expect, vi } from "vitest";
import { endOfTurn } from "./turn.ts";

/** Timers and clocks that a test can be given fake ones for, and the microtasks that are asked for by name. */
const faked = [
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "Date",
  "performance",
  "queueMicrotask",
] as const;

/** Which clock a test is given. */
export interface FakeClockOptions {
  /** Whether `queueMicrotask` waits for `endOfTurn`, too. @defaultValue false */
  readonly microtasks?: boolean;
}

/**
 * Gives each test of the file or suite fake timers and clocks, which begin 1000 s after 1970. Whatever the test opened
 * has to be closed in `afterEach` or `onTestFinished`: no timer may be left behind.
 */
export function useFakeClock({ microtasks = false }: FakeClockOptions = {}): void {
  beforeEach(({ onTestFinished }) => {
    vi.useFakeTimers({ now: 1_000_000, ...(microtasks ? { toFake: [...faked] } : {}) });
    onTestFinished(() => {
      endOfTurn();
      const timers = vi.getTimerCount();
      vi.useRealTimers();
      expect(timers, "timers left behind").toBe(0);
    });
  });
}
