import type { AttachedCarrier } from "./attached-carrier.ts";
import type { Heartbeats } from "./heartbeats.ts";
import type { Part } from "./part.ts";
import type { PendingMessage } from "./pending-message.ts";
import { type RetainedMessage, RetainedTopics } from "./retained-topics.ts";

/** What every carrier is offered until it is withdrawn: the newest message of each retained topic, and heartbeats. */
export class StandingOffers {
  readonly #carriers: ReadonlySet<AttachedCarrier>;
  readonly #heartbeats: Heartbeats | undefined;
  readonly #retained = new RetainedTopics();
  #isClosed = false;

  constructor(carriers: ReadonlySet<AttachedCarrier>, heartbeats: Heartbeats | undefined) {
    this.#carriers = carriers;
    this.#heartbeats = heartbeats;
  }

  /** Topics that are retained. */
  get topics(): number {
    return this.#retained.size;
  }

  /** A carrier has been attached. */
  attached(carrier: AttachedCarrier): void {
    for (const { parts } of this.#retained.all()) carrier.offer(parts);
    const newest = this.#heartbeats?.newest;
    if (newest !== undefined) carrier.offer(newest);
    this.#heartbeats?.attached();
  }

  /** A carrier is about to be detached, and the publisher goes on: those who receive that carrier hear that it left. */
  detaching(carrier: AttachedCarrier): void {
    const last = this.#heartbeats?.leaving();
    if (last !== undefined) carrier.offer(last);
  }

  /** @throws PublishError `payload-too-large` or `too-many-retained`, where a topic cannot be retained. */
  check(topic: string | undefined, bytes: number): void {
    this.#retained.check(topic, bytes);
  }

  retain(message: PendingMessage): void {
    const last = this.#retained.set(message, message.parts);
    if (last !== undefined) this.#withdraw(last);
    const current = this.#retained.get(message.topic, message.id);
    if (current !== undefined) this.offer(current.parts);
  }

  unretain(topic: string | undefined): void {
    const last = this.#retained.delete(topic);
    if (last !== undefined) this.#withdraw(last);
  }

  /** Retains a message no longer that is cancelled before it is settled. */
  cancelled(message: PendingMessage): void {
    if (!message.isSettled && this.#retained.get(message.topic, message.id) !== undefined) this.unretain(message.topic);
  }

  /** A message is about to be offered. */
  published({ topic, sequence }: PendingMessage): void {
    this.#heartbeats?.published(topic, sequence);
  }

  /** What a message is repeated for may still arrive: heartbeats call only others withdrawn. */
  settled({ topic, id, sequence }: PendingMessage, isUnsent: boolean): void {
    if (this.#isClosed) return;
    const retained = this.#retained.get(topic, id);
    if (retained !== undefined) retained.isUnsent = isUnsent;
    this.#heartbeats?.settled(topic, sequence, isUnsent && retained === undefined);
  }

  /** No carrier reports on what stands. */
  offer(parts: readonly Part[]): void {
    for (const carrier of [...this.#carriers]) carrier.offer(parts);
  }

  close(): void {
    this.#isClosed = true;
    this.#heartbeats?.close();
    this.#retained.clear();
  }

  #withdraw({ parts, topic, sequence, isUnsent }: RetainedMessage): void {
    const messageId = parts[0]?.messageId;
    if (messageId !== undefined) for (const carrier of [...this.#carriers]) carrier.withdraw(messageId);
    if (isUnsent) this.#heartbeats?.settled(topic, sequence, true);
  }
}
