import type { ReceivedMessage } from "./received-message.ts";

/** What a message stream tells the subscriber it belongs to. */
export interface MessageStreamOwner {
  /** The reader comes back and has missed so many. */
  lagged(missed: number): void;
  /** The reader has left. */
  ended(): void;
}

type Result<T> = IteratorResult<ReceivedMessage<T>, undefined>;

/** Messages for one reader, who takes them at his own pace; beyond the bound the oldest are missed. */
export class MessageStream<T> implements AsyncIterator<ReceivedMessage<T>, undefined> {
  readonly #limit: number;
  readonly #signal: AbortSignal | undefined;
  readonly #owner: MessageStreamOwner;
  readonly #buffer: ReceivedMessage<T>[] = [];
  readonly #readers: { resolve(result: Result<T>): void; reject(reason: unknown): void }[] = [];
  readonly #abort = (): void => this.#end();
  #missed = 0;
  #isEnded = false;

  constructor(limit: number, signal: AbortSignal | undefined, owner: MessageStreamOwner) {
    this.#limit = limit;
    this.#signal = signal;
    this.#owner = owner;
    signal?.addEventListener("abort", this.#abort, { once: true });
    if (signal?.aborted) this.#isEnded = true;
  }

  push(message: ReceivedMessage<T>): void {
    if (this.#isEnded) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader.resolve({ done: false, value: message });
      return;
    }
    this.#buffer.push(message);
    if (this.#buffer.length <= this.#limit) return;
    this.#buffer.shift();
    this.#missed += 1;
  }

  /** The next message; rejects with the reason of the signal once that is aborted. */
  next(): Promise<Result<T>> {
    if (this.#signal?.aborted) return Promise.reject(this.#signal.reason);
    if (this.#missed > 0) {
      const missed = this.#missed;
      this.#missed = 0;
      this.#owner.lagged(missed);
    }
    const value = this.#buffer.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined });
    const { promise, resolve, reject } = Promise.withResolvers<Result<T>>();
    this.#readers.push({ resolve, reject });
    return promise;
  }

  /** The reader leaves: what waits for him is let go. */
  return(): Promise<Result<T>> {
    this.#buffer.length = 0;
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** No more will come. What waits can still be read. */
  close(): void {
    this.#end();
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#signal?.removeEventListener("abort", this.#abort);
    for (const reader of this.#readers.splice(0)) {
      if (this.#signal?.aborted) reader.reject(this.#signal.reason);
      else reader.resolve({ done: true, value: undefined });
    }
    this.#owner.ended();
  }
}
