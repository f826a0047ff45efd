import type { Tally } from "./received-message.ts";

/** Topics whose last retained message is remembered; the one sent again least recently is forgotten first. */
const maxTopics = 4096;

/** Remembers the last retained message of each source and topic for as long as it is sent again. */
export class RetainedMessages {
  readonly #last = new Map<string, Tally>();

  /** The tally of a message that is still the last one of its topic, undefined for a new one. */
  get(series: string, id: string): Tally | undefined {
    const last = this.#last.get(series);
    if (last?.id !== id) return undefined;
    this.set(series, last);
    return last;
  }

  set(series: string, tally: Tally): void {
    this.#last.delete(series);
    this.#last.set(series, tally);
    if (this.#last.size > maxTopics) this.#last.delete(this.#last.keys().next().value as string);
  }

  clear(): void {
    this.#last.clear();
  }
}
