import type { DeliveredMessage } from "./delivered-message.ts";
import type { ReceivedMessage } from "./received-message.ts";

/** What a message stream reports. */
export interface MessageStreamOwner {
  /** The reader is back and has missed this many messages. */
  lagged(missed: number): void;
  /** The reader has left. */
  ended(): void;
}

/** Bytes on the wire of the values that wait for one reader; decoded they may take 32 times as many. */
const maxBytes = 2_097_152;

const ended = { done: true, value: undefined } as const;

type Result<T> = IteratorResult<ReceivedMessage<T>, undefined>;

/** Messages for one reader, which takes them at its own pace. Beyond the bound the oldest are missed. */
export class MessageStream<T> implements AsyncIterator<ReceivedMessage<T>, undefined> {
  readonly #topic: string | undefined;
  readonly #limit: number;
  readonly #signal: AbortSignal | undefined;
  readonly #owner: MessageStreamOwner;
  readonly #buffer: DeliveredMessage<T>[] = [];
  readonly #readers: { resolve(result: Result<T>): void; reject(reason: unknown): void }[] = [];
  readonly #abort = (): void => this.close();
  #bytes = 0;
  #missed = 0;
  #isEnded = false;

  /** Of one topic, or of all. */
  constructor(topic: string | undefined, limit: number, signal: AbortSignal | undefined, owner: MessageStreamOwner) {
    this.#topic = topic;
    this.#limit = limit;
    this.#signal = signal;
    this.#owner = owner;
    signal?.addEventListener("abort", this.#abort, { once: true });
    if (signal?.aborted) this.#isEnded = true;
  }

  push(message: DeliveredMessage<T>): void {
    if (this.#isEnded || (this.#topic !== undefined && this.#topic !== message.topic)) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader.resolve({ done: false, value: message });
      return;
    }
    this.#buffer.push(message);
    this.#bytes += message.wireBytes;
    while (this.#buffer.length > this.#limit || this.#bytes > maxBytes) {
      this.#take();
      this.#missed += 1;
    }
  }

  /** The next message; rejects with the reason of the signal once that is aborted. */
  async next(): Promise<Result<T>> {
    this.#signal?.throwIfAborted();
    if (this.#missed > 0) {
      const missed = this.#missed;
      this.#missed = 0;
      this.#owner.lagged(missed);
    }
    const value = this.#take();
    if (value !== undefined) return { done: false, value };
    if (this.#isEnded) return ended;
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  /** The reader leaves: the messages that wait for it are dropped. */
  async return(): Promise<Result<T>> {
    this.#buffer.length = 0;
    this.close();
    return ended;
  }

  /** No more messages arrive. Those that wait can still be read. */
  close(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#signal?.removeEventListener("abort", this.#abort);
    for (const reader of this.#readers.splice(0)) {
      if (this.#signal?.aborted) reader.reject(this.#signal.reason);
      else reader.resolve(ended);
    }
    this.#owner.ended();
  }

  #take(): DeliveredMessage<T> | undefined {
    const message = this.#buffer.shift();
    this.#bytes -= message?.wireBytes ?? 0;
    return message;
  }
}
