import type { ReceivedMessage } from "@inband/subscriber";

/** What is kept of all publishers of a video: one of them retains 64 topics at most. */
const most = { topics: 256, characters: 1024 * 1024 };

/** The newest message of a topic that is retained. */
export interface RetainedEntry {
  /** That of the message. */
  readonly id: string;
  /** JSON. */
  readonly data: string;
  readonly source: number | undefined;
  readonly sequence: number;
}

/**
 * The newest value of each retained topic of a video, for readers who come late: those of each publisher, which may have
 * topics of the same name. Where there are too many, the one that was retained first is forgotten.
 */
export class RetainedEntries {
  readonly #entries = new Map<string, RetainedEntry>();
  #characters = 0;

  /** Takes a message that came; one that is not retained, or older than what is known of its topic, changes nothing. */
  add({ retained, id, source, topic, sequence = 0 }: ReceivedMessage, data: string): void {
    if (!retained) return;
    const key = JSON.stringify([source, topic]);
    const known = this.#entries.get(key);
    if (known !== undefined && ((sequence - known.sequence) | 0) < 0) return;
    this.#forget(key);
    this.#entries.set(key, { id, data, source, sequence });
    this.#characters += data.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= most.topics && this.#characters <= most.characters) return;
      this.#forget(oldest);
    }
  }

  /** Forgets what a publisher retained that has left: nobody sends it any more. */
  left(source: number): void {
    for (const [key, entry] of [...this.#entries]) if (entry.source === source) this.#forget(key);
  }

  values(): readonly RetainedEntry[] {
    return [...this.#entries.values()];
  }

  #forget(key: string): void {
    this.#characters -= this.#entries.get(key)?.data.length ?? 0;
    this.#entries.delete(key);
  }
}
