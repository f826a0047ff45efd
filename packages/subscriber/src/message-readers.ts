import { checkOptions } from "./checked-options.ts";
import type { DeliveredMessage } from "./delivered-message.ts";
import { MessageStream } from "./message-stream.ts";
import type { ReceivedMessage } from "./received-message.ts";
import type { Reports } from "./reports.ts";
import type { MessagesOptions } from "./subscriber-options.ts";

/** The readers of `messages()`. */
export class MessageReaders<T> {
  readonly #streams = new Set<MessageStream<T>>();
  readonly #reports: Reports;
  #isClosed = false;

  constructor(reports: Reports) {
    this.#reports = reports;
  }

  /** The messages from the call on; those of another iteration from its own beginning on. */
  messages(options: MessagesOptions): AsyncIterable<ReceivedMessage<T>> {
    checkOptions(options, "topic, signal, bufferSize");
    const { topic, signal, bufferSize = 256 } = options;
    if (!(bufferSize >= 1)) throw new RangeError(`bufferSize: expected 1 or more, got ${bufferSize}`);
    const open = (): MessageStream<T> => {
      const stream: MessageStream<T> = new MessageStream<T>(topic, bufferSize, signal, {
        lagged: (missed) => {
          this.#reports.counts.lagged += missed;
          this.#reports.tell("lagged", { topic, missed });
        },
        ended: () => this.#streams.delete(stream),
      });
      if (this.#isClosed) stream.close();
      else if (!signal?.aborted) this.#streams.add(stream);
      return stream;
    };
    const unread = [open()];
    return { [Symbol.asyncIterator]: () => unread.pop() ?? open() };
  }

  push(message: DeliveredMessage<T>): void {
    for (const stream of this.#streams) stream.push(message);
  }

  /** Ends every reader. */
  close(): void {
    this.#isClosed = true;
    for (const stream of this.#streams) stream.close();
  }
}
