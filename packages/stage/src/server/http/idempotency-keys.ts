import type { Receipt } from "@inband/publisher";
import { BoundedMap } from "@inband/stream";
import { StageError } from "../stage-error.ts";

/** Keys of requests that are remembered, with what they were answered. */
const maxKeys = 10_000;

/** The answer to a message, the same for each request with its key. */
interface Answer {
  readonly hash: string;
  readonly receipt: Promise<Receipt>;
}

/** What requests with an `Idempotency-Key` were answered, so that a retry publishes nothing that has left. */
export class IdempotencyKeys {
  readonly #answers = new BoundedMap<string, Answer>(maxKeys);

  /**
   * Publishes once for each key; a request with the same key is answered as the first one was. A key is free again when
   * nothing has left: the message was refused, or was given up before its first copy.
   *
   * @param hash The same for the same message.
   * @throws StageError where the key stands for another message.
   */
  once(key: string, hash: string, publish: () => Promise<Receipt>): Promise<Receipt> {
    const known = this.#answers.get(key);
    if (known && known.hash !== hash) {
      throw new StageError(422, "other-message", "the Idempotency-Key was used for another message");
    }
    if (known) return known.receipt;
    const answer: Answer = { hash, receipt: publish() };
    this.#answers.set(key, answer);
    const free = (): void => {
      if (this.#answers.get(key) === answer) this.#answers.delete(key);
    };
    answer.receipt.then(({ outcome, streams }) => {
      if (outcome !== "sent" && streams.every(({ copies }) => copies === 0)) free();
    }, free);
    return answer.receipt;
  }
}
