/** `error` events within a second; a stream of broken messages must not become a stream of events. */
const maxErrorsPerSecond = 10;

/** Reports what went wrong, at most so often; what a listener for errors throws is counted and goes no further. */
export class ErrorReports {
  readonly #clock: () => number;
  readonly #emit: (error: Error) => void;
  readonly #log: (text: string) => void;
  #count = 0;
  #isReporting = false;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #inSecond = 0;

  constructor(clock: () => number, log: (text: string) => void, emit: (error: Error) => void) {
    this.#clock = clock;
    this.#log = log;
    this.#emit = emit;
  }

  /** All of them, those without an event included. */
  get count(): number {
    return this.#count;
  }

  report(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
    this.#count += 1;
    const nowMs = this.#clock();
    if (nowMs - this.#sinceMs >= 1000) {
      this.#sinceMs = nowMs;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    if (this.#inSecond > maxErrorsPerSecond) return;
    this.#log(`inband: ${error.message}`);
    if (this.#isReporting) return;
    this.#isReporting = true;
    try {
      this.#emit(error);
    } finally {
      this.#isReporting = false;
    }
  }
}
