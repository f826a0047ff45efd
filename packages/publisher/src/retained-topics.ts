import type { Part } from "./part.ts";
import { PublishError } from "./publish-error.ts";

/** The most topics that one publisher retains. */
const maxRetainedTopics = 64;

/** The most bytes of a retained value. */
const maxRetainedBytes = 8192;

/** The message that stands for a topic. */
export interface RetainedMessage {
  readonly id: string;
  readonly topic: string | undefined;
  readonly sequence: number;
  /** What carriers are offered until it is withdrawn. */
  readonly parts: readonly Part[];
  /** Whether its own copies were given up or expired. */
  isUnsent: boolean;
}

/** The newest value of each topic that is retained. */
export class RetainedTopics {
  readonly #topics = new Map<string | undefined, RetainedMessage>();

  get size(): number {
    return this.#topics.size;
  }

  /** @throws PublishError `payload-too-large` or `too-many-retained`. */
  check(topic: string | undefined, bytes: number): void {
    if (bytes > maxRetainedBytes) {
      throw new PublishError(
        "payload-too-large",
        `The value takes ${bytes} bytes; at most ${maxRetainedBytes} are retained`,
        { limitBytes: maxRetainedBytes, actualBytes: bytes },
      );
    }
    if (this.#topics.size < maxRetainedTopics || this.#topics.has(topic)) return;
    throw new PublishError(
      "too-many-retained",
      `${maxRetainedTopics} topics are retained already; call unretain for one`,
    );
  }

  /** Puts a message in the place of the topic's last one, which is returned. */
  set(
    message: { readonly id: string; readonly topic: string | undefined; readonly sequence: number },
    parts: readonly Part[],
  ): RetainedMessage | undefined {
    const { id, topic, sequence } = message;
    const last = this.#topics.get(topic);
    const standing = parts.map(
      (part): Part => ({
        ...part,
        messageId: `${id} retained`,
        expiresAtMs: Number.POSITIVE_INFINITY,
        standing: "retained",
        repeats: id,
      }),
    );
    this.#topics.set(topic, { id, topic, sequence, parts: standing, isUnsent: false });
    return last;
  }

  /** The topic's message, while it is the newest. */
  get(topic: string | undefined, id: string): RetainedMessage | undefined {
    const message = this.#topics.get(topic);
    return message?.id === id ? message : undefined;
  }

  delete(topic: string | undefined): RetainedMessage | undefined {
    const message = this.#topics.get(topic);
    this.#topics.delete(topic);
    return message;
  }

  all(): RetainedMessage[] {
    return [...this.#topics.values()];
  }

  clear(): void {
    this.#topics.clear();
  }
}
