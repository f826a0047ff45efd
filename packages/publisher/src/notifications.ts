import { asError, guardedCall, LaterCalls } from "@inband/stream";
import { GuardedEmitter } from "./guarded-emitter.ts";
import { eventNames, type PublisherEvents } from "./publisher-events.ts";
import type { SeiPublisherOptions } from "./publisher-options.ts";
import { UnheardErrors } from "./unheard-errors.ts";

/**
 * What a publisher tells its application, when the work at hand is done: events, lines of the log, and errors without a
 * listener on the console.
 */
export class Notifications {
  readonly #logger: SeiPublisherOptions["logger"];
  readonly #later = new LaterCalls();
  readonly #unheardErrors = new UnheardErrors();
  readonly #events: GuardedEmitter<PublisherEvents>;
  #isReportingError = false;
  #isSilent = false;

  constructor(logger: SeiPublisherOptions["logger"]) {
    this.#logger = logger;
    this.#events = new GuardedEmitter(eventNames, this.#later, (thrown, event) =>
      this.error(thrown, event === "error"),
    );
  }

  /** The listeners. */
  get events(): Pick<GuardedEmitter<PublisherEvents>, "on" | "once" | "off" | "emit"> {
    return this.#events;
  }

  /** Whether there is a logger, so that a line is worth its making. */
  get isLogged(): boolean {
    return Boolean(this.#logger);
  }

  /** Reports as `error`. What a listener for errors brings about goes to the logger alone, as `isFinal` does. */
  error(thrown: unknown, isFinal = false): void {
    const error = asError(thrown);
    this.log("error", error.message);
    if (isFinal || this.#isReportingError) return;
    this.#later.add(() => {
      if (this.#isSilent) return;
      this.#isReportingError = true;
      const isHeard = this.#events.emitNow("error", error);
      this.#isReportingError = false;
      if (!isHeard && this.#logger === undefined) this.#unheardErrors.warn(error);
    });
  }

  /** What a logger throws is ignored. */
  log(level: "debug" | "info" | "warn" | "error", text: string): void {
    const logger = this.#logger;
    if (!logger) return;
    const nothing = (): void => {};
    this.#later.add(() => guardedCall(() => logger[level](`inband: ${text}`), nothing));
  }

  /** Removes all listeners, once what has happened so far is told. */
  close(): void {
    this.#later.add(() => {
      this.#isSilent = true;
      this.#events.removeAllListeners();
    });
  }
}
