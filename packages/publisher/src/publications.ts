import { BoundedMap, type Message, type SentReport, Shelf } from "@inband/stream";
import type { AttachedCarrier } from "./attached-carrier.ts";
import { checkedReport } from "./checked-report.ts";
import type { PendingMessage } from "./pending-message.ts";
import type { PublisherStats } from "./publisher-events.ts";
import type { PublisherSettings } from "./publisher-options.ts";
import { victimsFor } from "./queue-room.ts";
import type { Receipt } from "./receipt.ts";

/** A carrier that has not reported this long after a message expired never will. */
const reportGraceMs = 10_000;

/** How often settled messages with a signal are looked at. */
const sweepIntervalMs = 1000;

/**
 * Settled messages whose copies an aborted signal still stops, until they expire: more than the copies that an outbox keeps
 * for key frames and for silent streams.
 */
const maxSignalled = 1024;

/** What the publications need of their publisher. */
export interface PublicationsOwner {
  /** The clock of `Message.expiresAtMs`. */
  clock(): number;
  /** A message is cancelled, with all its repeats. */
  cancelled(message: PendingMessage): void;
  settled(message: PendingMessage, receipt: Receipt): void;
  /** A carrier failed. */
  failed(error: Error): void;
}

/**
 * The messages of one publisher on their way to its carriers: each is offered to all of them, and settled when they have
 * finished with it, when it is given up, or when its time is over. Settled ones are kept, until they expire, for carriers
 * that are attached later.
 */
export class Publications {
  readonly #settings: PublisherSettings;
  readonly #carriers: Set<AttachedCarrier>;
  readonly #owner: PublicationsOwner;
  readonly #shelf: Shelf<PendingMessage>;
  /** Settled messages that a signal may still cancel, by id. */
  readonly #signalled = new BoundedMap<string, PendingMessage>(maxSignalled, (message) => this.#release(message));
  readonly #counts = { published: 0, sent: 0, expired: 0, dropped: 0, cancelled: 0, copies: 0, bytes: 0 };
  /** Of those who wait for room the last one. */
  #turn: Promise<void> = Promise.resolve();
  /** Those who wait for room in the queue, or for its end. */
  readonly #awaiting = new Set<{ readonly isMet: () => boolean; readonly resolve: () => void }>();
  #isClosed = false;

  /** Carriers come into the set and out of it by `attach` and `detach` alone. */
  constructor(settings: PublisherSettings, carriers: Set<AttachedCarrier>, owner: PublicationsOwner) {
    this.#settings = settings;
    this.#carriers = carriers;
    this.#owner = owner;
    this.#shelf = new Shelf<PendingMessage>({
      clock: () => owner.clock(),
      expired: (message, nowMs) => {
        // Carriers report what expires with them.
        if (message.waiting.size === 0 || nowMs >= message.expiresAtMs + reportGraceMs) this.#settle(message);
      },
      wake: (nowMs) => this.#wake(nowMs),
    });
  }

  /** Messages that wait and have not been given up. */
  get size(): number {
    return this.#shelf.size;
  }

  stats(): Omit<PublisherStats, "retainedTopics"> {
    return { ...this.#counts, queuedMessages: this.size, queuedBytes: this.#shelf.bytes };
  }

  /** Resolves when one more message has room, or none will have; one waiter after the other, each with time to publish. */
  whenRoom(): Promise<void> {
    const { maxQueueMessages, maxQueueBytes } = this.#settings;
    this.#turn = this.#turn.then(() =>
      this.#when(() => this.size < maxQueueMessages && this.#shelf.bytes < maxQueueBytes),
    );
    return this.#turn;
  }

  /** Resolves when no message waits. */
  whenEmpty(): Promise<void> {
    return this.#when(() => this.size === 0);
  }

  /** Offers a carrier what has not expired, in the order of publishing: small messages settle before larger ones. */
  attach(carrier: AttachedCarrier): void {
    this.#carriers.add(carrier);
    const nowMs = this.#owner.clock();
    const unexpired = [...this.#shelf.kept(), ...this.#shelf.waiting()]
      .filter((message) => message.givenUp === undefined && nowMs < message.expiresAtMs)
      .sort((a, b) => a.order - b.order);
    for (const message of unexpired) {
      if (!message.isSettled) message.waiting.add(carrier);
      this.#offer(carrier, message, message.messageForLatecomer);
    }
  }

  /** Returns false for a carrier that is not attached. */
  detach(carrier: AttachedCarrier): boolean {
    if (!this.#carriers.delete(carrier)) return false;
    carrier.leave();
    for (const message of this.#shelf.waiting()) {
      if (message.waiting.delete(carrier)) this.#settleIfDone(message);
    }
    return true;
  }

  /**
   * Gives up what has to go for a message of this size and priority.
   *
   * @throws PublishError `queue-full` when there is no room and none may be made.
   */
  makeRoom(message: Pick<PendingMessage, "bytes" | "priority">): void {
    for (const victim of victimsFor(message, this.#shelf, this.#settings)) this.giveUp(victim, "dropped");
  }

  /** Takes a message for which there is room. */
  add(message: PendingMessage): void {
    message.order = this.#counts.published;
    message.publishedAtMs = this.#owner.clock();
    this.#counts.published += 1;
    this.#shelf.add(message);
    // All of them before any is offered it: one that reports at once must not settle it for the others.
    for (const carrier of this.#carriers) message.waiting.add(carrier);
    for (const carrier of [...this.#carriers]) this.#offer(carrier, message, message.message);
  }

  /** A carrier has finished with messages. */
  reported(carrier: AttachedCarrier, reports: readonly SentReport[]): void {
    const { name } = carrier.carrier;
    const wrong = (what: string): void => this.#owner.failed(new TypeError(`Carrier ${name} reported ${what}`));
    if (!Array.isArray(reports)) wrong("something that is not a list of SentReport");
    else for (const report of reports) this.#reported(carrier, report, wrong);
  }

  /** Takes a message back from all carriers. */
  giveUp(message: PendingMessage, why: "cancelled" | "dropped"): void {
    if (message.givenUp !== undefined) return;
    message.givenUp = why;
    if (message.isSettled) this.#shelf.delete(message.id);
    else this.#shelf.release(message);
    this.#release(message);
    if (why === "cancelled") this.#owner.cancelled(message);
    for (const carrier of [...this.#carriers]) {
      if (!carrier.withdraw(message.id)) message.waiting.delete(carrier);
    }
    this.#settleIfDone(message);
    this.#tellWhoAwaits();
  }

  /** Cancels everything that waits. */
  clear(): void {
    for (const message of [...this.#shelf.waiting()]) this.giveUp(message, "cancelled");
  }

  /** Detaches every carrier and gives up what waits, as `dropped`. */
  close(): void {
    this.#isClosed = true;
    for (const carrier of [...this.#carriers]) this.detach(carrier);
    for (const message of [...this.#shelf.waiting()]) {
      message.givenUp ??= "dropped";
      this.#release(message);
      this.#settle(message);
    }
    for (const message of [...this.#signalled.values()]) this.#release(message);
    this.#shelf.close();
    this.#tellWhoAwaits();
  }

  #offer(carrier: AttachedCarrier, pending: PendingMessage, message: Message): void {
    if (pending.givenUp !== undefined || carrier.offer(message)) return;
    this.reported(carrier, [{ messageId: message.id, outcome: "dropped", streams: [] }]);
  }

  #reported(carrier: AttachedCarrier, report: SentReport, wrong: (what: string) => void): void {
    const message = this.#shelf.get(report?.messageId);
    if (message === undefined || !message.waiting.delete(carrier)) return;
    // A carrier that leaves gives up what a later one may still send.
    if (report.outcome === "sent" || !carrier.isLeaving) {
      message.reported(carrier.carrier.name, checkedReport(report, wrong));
    }
    this.#settleIfDone(message);
  }

  #settleIfDone(message: PendingMessage): void {
    if (!message.isSettled && message.isDone) this.#settle(message);
  }

  #settle(message: PendingMessage): void {
    const receipt = message.settle();
    // Without ids a receiver would take a copy that comes much later for a new message.
    const isKept = this.#settings.profile.copiesWithinMs === undefined && message.givenUp === undefined;
    if (isKept && !this.#isClosed) this.#shelf.keep(message);
    else this.#shelf.delete(message.id);
    if (message.release !== undefined) {
      this.#signalled.set(message.id, message);
      this.#shelf.wakeBy(message.expiresAtMs);
    }
    this.#counts[receipt.outcome] += 1;
    for (const { copies, bytes } of receipt.streams) {
      this.#counts.copies += copies;
      this.#counts.bytes += bytes;
    }
    this.#owner.settled(message, receipt);
    this.#tellWhoAwaits();
  }

  #when(isMet: () => boolean): Promise<void> {
    if (this.#isClosed || isMet()) return Promise.resolve();
    return new Promise((resolve) => this.#awaiting.add({ isMet, resolve }));
  }

  #tellWhoAwaits(): void {
    for (const awaiting of this.#awaiting) {
      if (!this.#isClosed && !awaiting.isMet()) continue;
      this.#awaiting.delete(awaiting);
      awaiting.resolve();
    }
  }

  #release(message: PendingMessage): void {
    this.#signalled.delete(message.id);
    message.release?.();
    message.release = undefined;
  }

  /** Copies for key frames and for silent streams may leave until a message expires, after it was settled. */
  #wake(nowMs: number): void {
    this.#shelf.expire(nowMs);
    for (const message of this.#signalled.values()) if (nowMs >= message.expiresAtMs) this.#release(message);
    if (this.#signalled.size > 0) this.#shelf.wakeBy(nowMs + sweepIntervalMs);
  }
}
