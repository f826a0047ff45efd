import type { UserDataPlace } from "@inband/stream";
import type { Tally } from "./delivered-message.ts";
import { GuardedEmitter } from "./guarded-emitter.ts";
import { RateLimit } from "./rate-limit.ts";
import { steadyClock } from "./steady-clock.ts";
import { eventNames, type SubscriberEvents } from "./subscriber-events.ts";
import type { SeiSubscriberOptions } from "./subscriber-options.ts";
import { type Counts, zeroCounts } from "./subscriber-stats.ts";

/** The events that are logged too. */
type LoggedEvent = "gap" | "stripped" | "stalled" | "ended" | "resumed" | "lagged";

/** Causes that are remembered as told on the console. Further ones are not told. */
const maxCauses = 32;

/** The message that a report of lateness speaks of. */
export interface LateMessage {
  readonly id?: string;
  readonly source?: number | undefined;
  readonly topic?: string | undefined;
  readonly sequence: number | undefined;
}

/**
 * What a subscriber reports: events, errors, lines of the log, and figures.
 *
 * Errors are reported at a limited rate: those of the application, and those of each feed by itself. Without a listener and
 * a logger the console is told once of each cause: nothing else would say why no message arrives.
 */
export class Reports {
  readonly clock: () => number = steadyClock();
  readonly counts: Counts = zeroCounts();
  readonly events: GuardedEmitter<SubscriberEvents>;
  readonly #logger: Exclude<SeiSubscriberOptions["logger"], false>;
  readonly #usesConsole: boolean;
  readonly #causes = new Set<string>();
  readonly #limit = new RateLimit();
  #isReporting = false;

  constructor(logger: SeiSubscriberOptions["logger"]) {
    this.#logger = logger || undefined;
    this.#usesConsole = logger === undefined;
    this.events = new GuardedEmitter(eventNames, (thrown, event) => this.error(thrown, this.#limit, event === "error"));
  }

  /**
   * Reports an error. `limit` belongs to the feed that caused it. `isFinal` for what a listener for errors threw: it is
   * counted, and no listener hears it.
   */
  error(thrown: unknown, limit: RateLimit = this.#limit, isFinal = false): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
    this.counts.errors += 1;
    if (!limit.allows(this.clock())) return;
    this.#logger?.error(`inband: ${error.message}`);
    if (this.#isReporting || isFinal) return;
    this.#isReporting = true;
    try {
      if (!this.events.emit("error", error) && this.#usesConsole) this.#warn(error);
    } finally {
      this.#isReporting = false;
    }
  }

  /** Fires an event and logs it. */
  tell<Name extends LoggedEvent>(event: Name, argument: SubscriberEvents[Name]): void {
    const level = event === "ended" || event === "resumed" ? "info" : "warn";
    this.#logger?.[level](`inband: ${event} ${printable(JSON.stringify({ ...argument, attachment: undefined }))}`);
    this.events.emit(event, argument);
  }

  /** A message is delivered. */
  received({ id, topic }: { readonly id: string; readonly topic: string | undefined }): void {
    this.counts.messages += 1;
    const of = topic === undefined ? "" : ` on ${printable(JSON.stringify(topic))}`;
    this.#logger?.debug(`inband: message ${id}${of} received`);
  }

  /** A further copy of a message arrived. */
  duplicate(tally: Tally, { stream }: UserDataPlace): void {
    tally.copies += 1;
    this.counts.duplicates += 1;
    this.events.emit("duplicate", { id: tally.id, copies: tally.copies, stream });
  }

  /** A message arrived that is not delivered, as its place in the order has passed. */
  late({ id = "", source = 0, topic, sequence = 0 }: LateMessage, feed: string, limit: RateLimit): void {
    this.counts.late += 1;
    if (limit.allows(this.clock())) this.events.emit("late", { id, source, topic, sequence, feed });
  }

  info(text: string): void {
    this.#logger?.info(`inband: ${text}`);
  }

  #warn(error: Error & { readonly code?: unknown }): void {
    const cause = `${error.name} ${error.code ?? error.message}`;
    if (this.#causes.has(cause) || this.#causes.size >= maxCauses) return;
    this.#causes.add(cause);
    console.warn(printable(`inband: ${error.message}`), "(no listener for error; said once)");
  }
}

/** What arrives must not control a terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, " ");
}
