import type { GuardedEmitter } from "./guarded-emitter.ts";
import { RateLimit } from "./rate-limit.ts";
import type { SubscriberEvents } from "./subscriber-events.ts";
import type { SeiSubscriberOptions } from "./subscriber-options.ts";
import type { Counts } from "./subscriber-stats.ts";

/** Causes that are remembered as told on the console. Further ones are not told. */
const maxCauses = 32;

/** Where errors are reported. */
export interface ErrorReportsOwner {
  readonly counts: Counts;
  readonly clock: () => number;
  readonly events: GuardedEmitter<SubscriberEvents>;
}

/**
 * Reports errors at a limited rate: those of the application, and those of each feed by itself. What a listener for errors
 * throws is counted and goes no further. Without a listener and a logger the console is told once of each cause: nothing
 * else would say why no message arrives.
 */
export class ErrorReports {
  readonly #owner: ErrorReportsOwner;
  readonly #logger: SeiSubscriberOptions["logger"];
  readonly #causes = new Set<string>();
  readonly #limit = new RateLimit();
  #isReporting = false;

  constructor(owner: ErrorReportsOwner, logger: SeiSubscriberOptions["logger"]) {
    this.#owner = owner;
    this.#logger = logger;
  }

  /** `limit` is that of the feed that caused it. `isFinal` for what a listener for errors threw: no listener hears it. */
  report(thrown: unknown, limit: RateLimit = this.#limit, isFinal = false): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
    const { counts, clock, events } = this.#owner;
    const logger = this.#logger;
    counts.errors += 1;
    if (!limit.allows(clock())) return;
    if (logger) logger.error(`inband: ${error.message}`);
    if (this.#isReporting || isFinal) return;
    this.#isReporting = true;
    try {
      if (!events.emit("error", error) && !logger && logger !== false) this.#warn(error);
    } finally {
      this.#isReporting = false;
    }
  }

  #warn(error: Error & { readonly code?: unknown }): void {
    const cause = `${error.name} ${error.code ?? error.message}`;
    if (this.#causes.has(cause) || this.#causes.size >= maxCauses) return;
    this.#causes.add(cause);
    // What arrives must not control a terminal.
    console.warn(`inband: ${error.message}`.replace(/\p{Cc}/gu, " "), "(no listener for error; said once)");
  }
}
