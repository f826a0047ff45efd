/**
 * One alarm: wakes its owner at the earliest time that was requested since it last did so. It does not keep a Node process
 * running.
 */
export class WakeTimer {
  readonly #clock: () => number;
  readonly #ring: () => void;
  #atMs = Number.POSITIVE_INFINITY;
  protected timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * `clock` is what the times of `by` are measured against.
   *
   * @defaultValue `performance.now`
   */
  constructor(wake: () => void, clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#ring = () => {
      this.stop();
      wake();
    };
  }

  /** Whether it is going to wake its owner. */
  get isSet(): boolean {
    return this.timer !== undefined;
  }

  /** Wakes at this time of the clock, or earlier if that was requested; Infinity requests nothing. */
  by(atMs: number): void {
    if (!(atMs < this.#atMs)) return;
    clearTimeout(this.timer);
    this.#atMs = atMs;
    this.timer = setTimeout(this.#ring, Math.max(1, atMs - this.#clock()));
    this.started();
  }

  /** Wakes after this delay, or earlier if that was requested. */
  after(delayMs: number): void {
    this.by(this.#clock() + delayMs);
  }

  /** Withdraws all requests. */
  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.#atMs = Number.POSITIVE_INFINITY;
  }

  /** In browsers a timer is a number, and keeps nothing running. */
  protected started(): void {
    (this.timer as { unref?(): void }).unref?.();
  }
}
