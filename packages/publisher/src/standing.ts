import type { Message } from "@inband/stream";
import type { AttachedCarrier } from "./attached-carrier.ts";
import type { Heartbeats } from "./heartbeats.ts";
import type { PendingMessage } from "./pending-message.ts";
import { PublishError } from "./publish-error.ts";

/** The most topics that one publisher retains. */
const maxRetainedTopics = 64;

/** The most bytes of a retained value. */
const maxRetainedBytes = 8192;

/** The newest message of a topic that is retained. */
interface RetainedTopic {
  readonly id: string;
  readonly sequence: number;
  /** What carriers are offered until it is withdrawn. */
  readonly message: Message;
  /** Whether its own copies were given up or expired. */
  isUnsent: boolean;
}

/** What every carrier is offered until it is withdrawn: the newest message of each retained topic, and heartbeats. */
export class Standing {
  readonly #carriers: ReadonlySet<AttachedCarrier>;
  readonly #heartbeats: Heartbeats | undefined;
  readonly #topics = new Map<string | undefined, RetainedTopic>();
  #isClosed = false;

  constructor(carriers: ReadonlySet<AttachedCarrier>, heartbeats: Heartbeats | undefined) {
    this.#carriers = carriers;
    this.#heartbeats = heartbeats;
  }

  /** Topics that are retained. */
  get size(): number {
    return this.#topics.size;
  }

  /** A carrier has been attached. */
  attached(carrier: AttachedCarrier): void {
    for (const { message } of [...this.#topics.values()]) carrier.offer(message);
    const newest = this.#heartbeats?.newest;
    if (newest !== undefined) carrier.offer(newest);
    this.#heartbeats?.attached();
  }

  /** A carrier is about to be detached, and the publisher goes on: the receivers of that carrier are told that it left. */
  detaching(carrier: AttachedCarrier): void {
    const last = this.#heartbeats?.leaving();
    if (last !== undefined) carrier.offer(last);
  }

  /** @throws PublishError `payload-too-large` or `too-many-retained`, where a topic cannot be retained. */
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

  /** Retains a message in place of the topic's last one. */
  retain({ id, topic, sequence, message }: PendingMessage): void {
    const last = this.#topics.get(topic);
    const standing: Message = {
      ...message,
      id: `${id} retained`,
      expiresAtMs: Number.POSITIVE_INFINITY,
      standing: "retained",
      repeats: id,
    };
    this.#topics.set(topic, { id, sequence, message: standing, isUnsent: false });
    if (last !== undefined) this.#withdraw(topic, last);
    this.offer(standing);
  }

  unretain(topic: string | undefined): void {
    const last = this.#topics.get(topic);
    this.#topics.delete(topic);
    if (last !== undefined) this.#withdraw(topic, last);
  }

  /** Stops retaining a message that is cancelled before it is settled. */
  cancelled(message: PendingMessage): void {
    if (!message.isSettled && this.#retained(message) !== undefined) this.unretain(message.topic);
  }

  /** A message is about to be offered. */
  published({ topic, sequence }: PendingMessage): void {
    this.#heartbeats?.published(topic, sequence);
  }

  /** A message that is repeated may still arrive: heartbeats call only others withdrawn. */
  settled(message: PendingMessage, isUnsent: boolean): void {
    if (this.#isClosed) return;
    const retained = this.#retained(message);
    if (retained !== undefined) retained.isUnsent = isUnsent;
    this.#heartbeats?.settled(message.topic, message.sequence, isUnsent && retained === undefined);
  }

  /** No carrier reports on a standing message. */
  offer(message: Message): void {
    for (const carrier of [...this.#carriers]) carrier.offer(message);
  }

  close(): void {
    this.#isClosed = true;
    this.#heartbeats?.close();
    this.#topics.clear();
  }

  /** What is retained of a message, while it is the newest of its topic. */
  #retained({ topic, id }: PendingMessage): RetainedTopic | undefined {
    const retained = this.#topics.get(topic);
    return retained?.id === id ? retained : undefined;
  }

  #withdraw(topic: string | undefined, { message, sequence, isUnsent }: RetainedTopic): void {
    for (const carrier of [...this.#carriers]) carrier.withdraw(message.id);
    if (isUnsent) this.#heartbeats?.settled(topic, sequence, true);
  }
}
