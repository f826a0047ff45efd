import { RateLimit } from "./rate-limit.ts";

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
 * Reports what went wrong: what the application does and what each feed brings at most so often, each by itself. What a
 * listener for errors throws is counted and goes no further. Where there is neither a listener nor a logger, the console is told once of each cause: nothing else would say why no
 * message comes.
 */
export class ErrorReports {
  readonly #owner: ErrorReportsOwner;
  readonly #causes = new Set<string>();
  readonly #limit = new RateLimit();
  #count = 0;
  #isReporting = false;

  constructor(owner: ErrorReportsOwner) {
    this.#owner = owner;
  }

  /** All of them, those without an event included. */
  get count(): number {
    return this.#count;
  }

  /** `limit` is that of the feed whose fault it is; `isFinal` for what a listener for errors threw: no listener hears it. */
  report(thrown: unknown, limit: RateLimit = this.#limit, isFinal = false): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
    this.#count += 1;
    const { log, warns } = this.#owner;
    if (!limit.allows(this.#owner.clock())) return;
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
