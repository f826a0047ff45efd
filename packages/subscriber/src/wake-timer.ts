import { never } from "./never.ts";

/**
 * Wakes its owner at the earliest time that was requested since the last wake-up. It keeps no Node process alive unless
 * it is held.
 */
export class WakeTimer {
  readonly #clock: () => number;
  readonly #ring: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #atMs = never;
  #isHeld = false;

  /** The times of `by` are those of `clock`. */
  constructor(wake: () => void, clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#ring = () => {
      this.#atMs = never;
      wake();
    };
  }

  /** Requests a wake-up at this time of the clock. Infinity requests nothing. */
  by(atMs: number): void {
    if (atMs < this.#atMs) this.#set(atMs, atMs - this.#clock());
  }

  /** Requests a wake-up after this delay. */
  after(delayMs: number): void {
    const atMs = this.#clock() + delayMs;
    if (atMs < this.#atMs) this.#set(atMs, delayMs);
  }

  /** Whether the timer keeps a Node process alive. Elsewhere timers keep nothing alive. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    const timer: { ref?(): void; unref?(): void } = Object(this.#timer);
    timer[isHeld ? "ref" : "unref"]?.();
  }

  /** Cancels what was requested. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#atMs = never;
  }

  #set(atMs: number, delayMs: number): void {
    clearTimeout(this.#timer);
    this.#atMs = atMs;
    this.#timer = setTimeout(this.#ring, Math.max(1, Math.ceil(delayMs)));
    this.hold(this.#isHeld);
  }
}
