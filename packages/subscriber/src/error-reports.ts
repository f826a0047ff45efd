/** `error` events within a second; a stream of broken messages must not become a stream of events. */
const maxErrorsPerSecond = 10;

/** Causes that are remembered as told on the console; what has more is told no longer. */
const maxCauses = 32;

/** What errors are reported to. */
export interface ErrorReportsOwner {
  /** Tells the listeners; false when there is none. */
  emit(error: Error): boolean;
  /** The logger's; undefined without one. */
  readonly log: ((text: string) => void) | undefined;
  /** Whether an error that nobody hears of is told on the console. */
  readonly warns: boolean;
  clock(): number;
}

/**
 * Reports what went wrong, at most so often; what a listener for errors throws is counted and goes no further. Where
 * there is neither a listener nor a logger, the console is told once of each cause: nothing else would say why no
 * message comes.
 */
export class ErrorReports {
  readonly #owner: ErrorReportsOwner;
  readonly #causes = new Set<string>();
  #count = 0;
  #isReporting = false;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #inSecond = 0;

  constructor(owner: ErrorReportsOwner) {
    this.#owner = owner;
  }

  /** All of them, those without an event included. */
  get count(): number {
    return this.#count;
  }

  /** `isFinal` for what a listener for errors threw: it is told to no listener again. */
  report(thrown: unknown, isFinal = false): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
    this.#count += 1;
    const { log, warns } = this.#owner;
    const nowMs = this.#owner.clock();
    if (nowMs - this.#sinceMs >= 1000) {
      this.#sinceMs = nowMs;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    if (this.#inSecond > maxErrorsPerSecond) return;
    log?.(`inband: ${error.message}`);
    if (this.#isReporting || isFinal) return;
    this.#isReporting = true;
    try {
      if (!this.#owner.emit(error) && !log && warns) this.#warn(error);
    } finally {
      this.#isReporting = false;
    }
  }

  #warn(error: Error & { readonly code?: unknown }): void {
    const cause = `${error.name} ${error.code ?? error.message}`;
    if (this.#causes.has(cause) || this.#causes.size >= maxCauses) return;
    this.#causes.add(cause);
    // What comes from the wire must not steer a terminal.
    console.warn(`inband: ${error.message}`.replace(/\p{Cc}/gu, " "), "(no listener for error; said once)");
  }
}
