import type { PendingMessage } from "./pending-message.ts";
import { PublishError } from "./publish-error.ts";
import type { PublisherSettings } from "./publish-options.ts";

/** Settled messages that are kept for carriers to come, until they expire. */
const maxKeptMessages = 256;
const maxKeptBytes = 1_048_576;
/** Those that have expired are let go of this often: a timer for each would wake the process as often as it publishes. */
const sweepIntervalMs = 1000;

/** The messages of a publisher, in the order of publishing: those that wait, bounded, and those that were settled and have not expired. */
export class MessageQueue {
  readonly #settings: PublisherSettings;
  readonly #waiting = new Map<string, PendingMessage>();
  readonly #kept = new Map<string, PendingMessage>();
  #added = 0;
  #queuedMessages = 0;
  #queuedBytes = 0;
  #keptBytes = 0;

  constructor(settings: PublisherSettings) {
    this.#settings = settings;
  }

  /** Messages that wait and have not been given up. */
  get messages(): number {
    return this.#queuedMessages;
  }

  /** Bytes of the messages that wait, before copies. */
  get bytes(): number {
    return this.#queuedBytes;
  }

  /**
   * The messages that have to go for one of this size and priority.
   *
   * @throws PublishError `queue-full` when there is no room and none may be made.
   */
  victimsFor(bytes: number, priority: number): PendingMessage[] {
    const { maxQueueMessages, maxQueueBytes, overflow } = this.#settings;
    let messages = this.#queuedMessages + 1;
    let total = this.#queuedBytes + bytes;
    const isFull = (): boolean => messages > maxQueueMessages || total > maxQueueBytes;
    if (!isFull()) return [];
    const victims: PendingMessage[] = [];
    for (const candidate of bytes > maxQueueBytes ? [] : this.#candidates(overflow, priority)) {
      victims.push(candidate);
      messages -= 1;
      total -= candidate.bytes;
      if (!isFull()) return victims;
    }
    throw this.#full(bytes, messages > maxQueueMessages, total > maxQueueBytes);
  }

  add(message: PendingMessage): void {
    message.order = this.#added;
    this.#added += 1;
    this.#waiting.set(message.id, message);
    this.#queuedMessages += 1;
    this.#queuedBytes += message.bytes;
  }

  /** The message while it waits. */
  get(id: string): PendingMessage | undefined {
    return this.#waiting.get(id);
  }

  /** Every message that waits. */
  waiting(): PendingMessage[] {
    return [...this.#waiting.values()];
  }

  /** What a carrier that comes now is offered, in the order of publishing: small messages settle before larger ones. */
  unexpired(nowMs: number): PendingMessage[] {
    return [...this.#kept.values(), ...this.#waiting.values()]
      .filter((message) => message.givenUp === undefined && nowMs < message.expiresAtMs)
      .sort((a, b) => a.order - b.order);
  }

  /** Takes a message out of the count of those that wait: it has been given up. */
  giveUp(message: PendingMessage, why: "cancelled" | "dropped"): void {
    if (message.givenUp !== undefined) return;
    message.givenUp = why;
    if (this.#waiting.has(message.id)) this.#uncount(message);
    this.#unkeep(message);
  }

  /** Moves a message from those that wait to those that are kept. */
  settled(message: PendingMessage, keep: boolean): void {
    if (!this.#waiting.delete(message.id)) return;
    if (message.givenUp !== undefined) return;
    this.#uncount(message);
    if (!keep) return;
    this.#kept.set(message.id, message);
    this.#keptBytes += message.bytes;
    for (const oldest of this.#kept.values()) {
      if (this.#kept.size <= maxKeptMessages && this.#keptBytes <= maxKeptBytes) break;
      this.#unkeep(oldest);
    }
  }

  /** Lets go of kept messages that have expired. */
  sweep(nowMs: number): void {
    for (const message of [...this.#kept.values()]) if (nowMs >= message.expiresAtMs) this.#unkeep(message);
  }

  /** When the next waiting message expires or the next `sweep` is due, in milliseconds; Infinity for never. */
  nextExpiryMs(nowMs: number): number {
    let atMs = this.#kept.size > 0 ? nowMs + sweepIntervalMs : Number.POSITIVE_INFINITY;
    for (const { expiresAtMs } of this.#waiting.values()) if (expiresAtMs > nowMs) atMs = Math.min(atMs, expiresAtMs);
    return atMs;
  }

  clear(): void {
    this.#kept.clear();
    this.#keptBytes = 0;
  }

  #candidates(overflow: PublisherSettings["overflow"], priority: number): PendingMessage[] {
    if (overflow === "reject") return [];
    const waiting = this.waiting().filter(({ givenUp }) => givenUp === undefined);
    if (overflow === "drop-oldest") return waiting;
    return waiting.filter((message) => message.priority <= priority).sort((a, b) => a.priority - b.priority);
  }

  /** Names the limits that are met, and no other. */
  #full(bytes: number, isByMessages: boolean, isByBytes: boolean): PublishError {
    const { maxQueueMessages, maxQueueBytes } = this.#settings;
    const limits = [
      ...(isByMessages ? [`${maxQueueMessages} messages`] : []),
      ...(isByBytes ? [`${maxQueueBytes} bytes, and this message takes ${bytes}`] : []),
    ];
    return new PublishError(
      "queue-full",
      `${this.#queuedMessages} messages of ${this.#queuedBytes} bytes wait already; the queue holds ${limits.join(" and ")}`,
      {
        ...(isByMessages ? { limitMessages: maxQueueMessages } : {}),
        ...(isByBytes ? { limitBytes: maxQueueBytes, actualBytes: bytes } : {}),
      },
    );
  }

  #uncount(message: PendingMessage): void {
    this.#queuedMessages -= 1;
    this.#queuedBytes -= message.bytes;
  }

  #unkeep(message: PendingMessage): void {
    if (this.#kept.delete(message.id)) this.#keptBytes -= message.bytes;
  }
}
