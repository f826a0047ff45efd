import { RateLimit } from "./rate-limit.ts";
import type { Counts } from "./subscriber-events.ts";
import type { SeiSubscriberOptions } from "./subscriber-options.ts";

/** Causes that are remembered as told on the console; what has more is told no longer. */
const maxCauses = 32;

/** What errors are reported to. */
export interface ErrorReportsOwner {
  readonly logger: SeiSubscriberOptions["logger"];
  readonly counts: Counts;
  readonly clock: () => number;
  /** Tells the listeners; false when there is none. */
  emit(error: Error): boolean;
}

/**
 * Reports what went wrong: what the application does and what each feed brings at most so often, each by itself. What a
 * listener for errors throws is counted and goes no further. Where there is neither a listener nor a logger, the console is
 * told once of each cause: nothing else would say why no message comes.
 */
export class ErrorReports {
  readonly #owner: ErrorReportsOwner;
  readonly #causes = new Set<string>();
  readonly #limit = new RateLimit();
  #isReporting = false;

  constructor(owner: ErrorReportsOwner) {
    this.#owner = owner;
  }

  /** `limit` is that of the feed whose fault it is; `isFinal` for what a listener for errors threw: no listener hears it. */
  report(thrown: unknown, limit: RateLimit = this.#limit, isFinal = false): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
    const { logger, counts, clock } = this.#owner;
    counts.errors += 1;
    if (!limit.allows(clock())) return;
    if (logger) logger.error(`inband: ${error.message}`);
    if (this.#isReporting || isFinal) return;
    this.#isReporting = true;
    try {
      if (!this.#owner.emit(error) && !logger && logger !== false) this.#warn(error);
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
