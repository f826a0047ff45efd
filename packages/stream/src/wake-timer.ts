import { steadyNowMs } from "./steady-clock.ts";

/**
 * One alarm: wakes its owner at the earliest time that was asked for since it last did so. A process of Node does not go
 * on for its sake, unless it is told to hold it.
 */
export class WakeTimer {
  readonly #clock: () => number;
  readonly #ring: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #atMs = Number.POSITIVE_INFINITY;
  #isHolding = false;

  /** `clock` says what the times of `by` are measured against. */
  constructor(wake: () => void, clock: () => number = steadyNowMs) {
    this.#clock = clock;
    this.#ring = () => {
      this.#timer = undefined;
      this.#atMs = Number.POSITIVE_INFINITY;
      wake();
    };
  }

  /** Whether it is going to wake its owner. */
  get isSet(): boolean {
    return this.#timer !== undefined;
  }

  /** Wakes at this time of the clock, or earlier where that was asked for; Infinity asks for nothing. */
  by(atMs: number): void {
    if (atMs < this.#atMs) this.#set(atMs, atMs - this.#clock());
  }

  /** Wakes after this delay, or earlier where that was asked for. */
  after(delayMs: number): void {
    const atMs = this.#clock() + delayMs;
    if (atMs < this.#atMs) this.#set(atMs, delayMs);
  }

  /** Says whether a process of Node goes on for its sake. Elsewhere timers hold nothing. */
  hold(isHolding: boolean): void {
    if (isHolding === this.#isHolding) return;
    this.#isHolding = isHolding;
    this.#apply();
  }

  /** Asks for nothing any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#atMs = Number.POSITIVE_INFINITY;
  }

  #set(atMs: number, delayMs: number): void {
    clearTimeout(this.#timer);
    this.#atMs = atMs;
    this.#timer = setTimeout(this.#ring, Math.max(1, delayMs));
    if (!this.#isHolding) this.#apply();
  }

  #apply(): void {
    const { ref, unref } = Object(this.#timer) as { ref?: () => void; unref?: () => void };
    (this.#isHolding ? ref : unref)?.call(this.#timer);
  }
}
