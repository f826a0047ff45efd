import { type Message, type SentReport, Shelf, type Shelved, steadyNowMs } from "@inband/stream";

/** A worker that has not reported this long after a message expired never will. */
const reportGraceMs = 10_000;

interface Unreported extends Shelved {
  readonly message: Message;
}

/** What a publisher has handed to a worker that has not reported on it, to be offered again should the worker be replaced. */
export class UnreportedMessages {
  readonly #shelf: Shelf<Unreported> = new Shelf<Unreported>({
    clock: steadyNowMs,
    expired: ({ id }) => this.#shelf.delete(id),
  });

  /** Takes a message, and returns it as it may be sent to a worker. */
  add(message: Message): Message {
    const own = withoutSpareBytes(message);
    const { id, payloads, expiresAtMs, standing } = own;
    // The next heartbeat makes up for one that a worker lost.
    if (standing === "heartbeat" || this.#shelf.has(id)) return own;
    const bytes = payloads.reduce((sum, payload) => sum + payload.bytes.length, 0);
    this.#shelf.add({ id, bytes, expiresAtMs: expiresAtMs + reportGraceMs, message: own });
    return own;
  }

  /** A message is withdrawn: a retained one is not reported on. */
  withdraw(id: string): void {
    if (this.#shelf.get(id)?.message.standing !== undefined) this.#shelf.delete(id);
  }

  reported(reports: readonly SentReport[]): void {
    for (const { messageId } of reports) this.#shelf.delete(messageId);
  }

  all(): Message[] {
    return [...this.#shelf.waiting()].map(({ message }) => message);
  }

  /** Forgets all messages, and returns the ids of those that a report is due on. */
  close(): string[] {
    const ids = this.all().flatMap(({ id, standing }) => (standing === undefined ? [id] : []));
    this.#shelf.close();
    return ids;
  }
}

/** A view is sent to a worker with the whole buffer behind it. */
function withoutSpareBytes(message: Message): Message {
  const payloads = message.payloads.map((payload) => ({ ...payload, bytes: trimmed(payload.bytes) }));
  return { ...message, uuid: trimmed(message.uuid), payloads };
}

function trimmed(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
