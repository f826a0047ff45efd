import { keepNewest } from "./keep-newest.ts";
import type { Tally } from "./received-message.ts";

/** The newest retained message of a topic. */
export interface Retained {
  readonly tally: Tally;
  readonly sequence: number;
}

/** Remembers the newest retained message of each source and topic for as long as it is sent again. */
export class RetainedMessages {
  readonly #newest = new Map<string, Retained>();

  get(series: string): Retained | undefined {
    return this.#newest.get(series);
  }

  /** Notes that a message came, or came again. One that is older than the newest changes nothing. */
  note(series: string, retained: Retained): void {
    const newest = this.#newest.get(series);
    const isOlder = newest !== undefined && ((retained.sequence - newest.sequence) | 0) < 0;
    keepNewest(this.#newest, series, isOlder ? newest : retained);
  }
}
