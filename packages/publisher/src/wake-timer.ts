import { holdProcess } from "./hold-process.ts";

/** Wakes its owner at the earliest time that it was asked for since it last did. */
export class WakeTimer {
  readonly #wake: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #atMs = Number.POSITIVE_INFINITY;

  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /** Wakes no later than `atMs`, by the clock that says `nowMs`; Infinity asks for nothing. */
  by(atMs: number, nowMs: number): void {
    if (atMs >= this.#atMs) return;
    clearTimeout(this.#timer);
    this.#atMs = atMs;
    this.#timer = setTimeout(
      () => {
        this.#atMs = Number.POSITIVE_INFINITY;
        this.#wake();
      },
      Math.max(1, atMs - nowMs),
    );
  }

  /** Says whether it is a reason for a process of Node to go on. */
  hold(isHeld: boolean): void {
    holdProcess(this.#timer, isHeld);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
