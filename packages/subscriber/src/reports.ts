import type { UserDataPlace } from "@inband/stream";
import type { Tally } from "./delivered-message.ts";
import { ErrorReports } from "./error-reports.ts";
import { GuardedEmitter } from "./guarded-emitter.ts";
import type { RateLimit } from "./rate-limit.ts";
import { steadyClock } from "./steady-clock.ts";
import { eventNames, type SubscriberEvents } from "./subscriber-events.ts";
import type { SeiSubscriberOptions } from "./subscriber-options.ts";
import { type Counts, zeroCounts } from "./subscriber-stats.ts";

/** The events that are logged too. */
type LoggedEvent = "gap" | "stripped" | "stalled" | "ended" | "resumed" | "lagged";

/** The message that a report of lateness speaks of. */
export interface LateMessage {
  readonly id?: string;
  readonly source?: number | undefined;
  readonly topic?: string | undefined;
  readonly sequence: number | undefined;
}

/** What a subscriber reports: events, errors, lines of the log, and figures. */
export class Reports {
  readonly clock: () => number = steadyClock();
  readonly counts: Counts = zeroCounts();
  readonly events: GuardedEmitter<SubscriberEvents>;
  readonly #logger: Exclude<SeiSubscriberOptions["logger"], false>;
  readonly #errors: ErrorReports;

  constructor(logger: SeiSubscriberOptions["logger"]) {
    this.#logger = logger || undefined;
    this.events = new GuardedEmitter(eventNames, (thrown, event) =>
      this.#errors.report(thrown, undefined, event === "error"),
    );
    this.#errors = new ErrorReports(this, logger);
  }

  /** Reports an error. `limit` belongs to the feed that caused it. */
  error(thrown: unknown, limit?: RateLimit): void {
    this.#errors.report(thrown, limit);
  }

  /** Fires an event and logs it. */
  tell<Name extends LoggedEvent>(event: Name, argument: SubscriberEvents[Name]): void {
    const level = event === "ended" || event === "resumed" ? "info" : "warn";
    this.#logger?.[level](`inband: ${event} ${printable({ ...argument, attachment: undefined })}`);
    this.events.emit(event, argument);
  }

  /** A message is delivered. */
  received({ id, topic }: { readonly id: string; readonly topic: string | undefined }): void {
    this.counts.messages += 1;
    this.#logger?.debug(`inband: message ${id}${topic === undefined ? "" : ` on ${printable(topic)}`} received`);
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
}

/** As JSON. What arrives must not control a terminal. */
function printable(value: unknown): string {
  return JSON.stringify(value).replace(/\p{Cc}/gu, " ");
}
