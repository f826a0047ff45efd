import type { AttachedCarrier } from "./attached-carrier.ts";
import type { SentReport } from "./carrier.ts";
import { checkedReport } from "./checked-report.ts";
import { MessageQueue } from "./message-queue.ts";
import type { PendingMessage } from "./pending-message.ts";
import type { PublisherSettings } from "./publish-options.ts";
import type { PublisherStats } from "./publisher-events.ts";
import type { Receipt } from "./receipt.ts";
import { WakeTimer } from "./wake-timer.ts";

/** A carrier that has not reported this long after a message expired never will. */
const reportGraceMs = 10_000;

/** What waits is looked at this often: it may have expired and still wait for the report of a carrier. */
const longestSleepMs = 1000;

/**
 * Settled messages whose copies an aborted signal still stops, until they expire: more than the copies that an outbox keeps
 * for key frames and for streams that stand still.
 */
const maxSignalled = 1024;

/** What outgoing messages tell their publisher. */
export interface OutgoingMessagesOwner {
  /** The clock of `Part.expiresAtMs`. */
  clock(): number;
  /** A message is cancelled, for all its repeats. */
  cancelled(message: PendingMessage): void;
  settled(message: PendingMessage, receipt: Receipt): void;
  /** A carrier went wrong. */
  failed(error: Error): void;
}

/**
 * The messages of a publisher on their way to its carriers: each is offered to all of them, and settled when they have
 * finished with it, when it is given up, or when its time is over.
 */
export class OutgoingMessages {
  readonly #settings: PublisherSettings;
  readonly #carriers: Set<AttachedCarrier>;
  readonly #owner: OutgoingMessagesOwner;
  readonly #queue: MessageQueue;
  readonly #timer = new WakeTimer(() => this.#wake());
  /** Messages that a signal may cancel, the oldest first. */
  readonly #signalled = new Set<PendingMessage>();
  readonly #counts = { published: 0, sent: 0, expired: 0, dropped: 0, cancelled: 0, copies: 0, bytes: 0 };
  #isClosed = false;

  /** Carriers come into the set and out of it by `attach` and `detach` alone. */
  constructor(settings: PublisherSettings, carriers: Set<AttachedCarrier>, owner: OutgoingMessagesOwner) {
    this.#settings = settings;
    this.#carriers = carriers;
    this.#owner = owner;
    this.#queue = new MessageQueue(settings);
  }

  /** Messages that wait. */
  get size(): number {
    return this.#queue.messages;
  }

  stats(): Omit<PublisherStats, "retainedTopics"> {
    return { ...this.#counts, queuedMessages: this.#queue.messages, queuedBytes: this.#queue.bytes };
  }

  /** Offers a carrier what has not expired. */
  attach(carrier: AttachedCarrier): void {
    this.#carriers.add(carrier);
    for (const message of this.#queue.unexpired(this.#owner.clock())) {
      if (!message.isSettled) message.waiting.add(carrier);
      this.#offer(carrier, message, message.partsForLatecomer);
    }
  }

  /** Returns false for a carrier that is not attached. */
  detach(carrier: AttachedCarrier): boolean {
    if (!this.#carriers.delete(carrier)) return false;
    carrier.leave();
    for (const message of this.#queue.waiting()) {
      if (message.waiting.delete(carrier)) this.#settleIfDone(message);
    }
    if (!this.#isClosed) this.#timer.hold(this.size > 0);
    return true;
  }

  /**
   * Gives up what has to go for a message of this size and priority.
   *
   * @throws PublishError `queue-full` when there is no room and none may be made.
   */
  makeRoom(bytes: number, priority: number): void {
    for (const victim of this.#queue.victimsFor(bytes, priority)) this.giveUp(victim, "dropped");
  }

  /** Takes a message for which there is room. */
  add(message: PendingMessage): void {
    const nowMs = this.#owner.clock();
    this.#counts.published += 1;
    message.publishedAtMs = nowMs;
    this.#queue.add(message);
    if (message.release !== undefined) this.#signalled.add(message);
    // All of them before any is offered it: one that reports at once must not settle it for the others.
    for (const carrier of this.#carriers) message.waiting.add(carrier);
    for (const carrier of [...this.#carriers]) this.#offer(carrier, message);
    if (this.#isClosed) return;
    this.#timer.by(Math.min(message.expiresAtMs, nowMs + longestSleepMs), nowMs);
    this.#timer.hold(this.size > 0);
  }

  /** A carrier has finished with a message. */
  reported(carrier: AttachedCarrier, report: SentReport): void {
    const message = this.#queue.get(report?.messageId);
    if (message === undefined || !message.waiting.delete(carrier)) return;
    // A carrier that leaves gives up what a later one may still send.
    if (report.outcome === "sent" || !carrier.isLeaving) {
      const { name } = carrier.carrier;
      const wrong = (what: string): void => this.#owner.failed(new TypeError(`Carrier ${name} reported ${what}`));
      message.reports.push({ name, report: checkedReport(report, wrong) });
    }
    this.#settleIfDone(message);
  }

  /** Takes a message back from all carriers. */
  giveUp(message: PendingMessage, why: "cancelled" | "dropped"): void {
    if (message.givenUp !== undefined) return;
    this.#queue.giveUp(message, why);
    this.#release(message);
    if (why === "cancelled") this.#owner.cancelled(message);
    for (const carrier of [...this.#carriers]) {
      if (!carrier.withdraw(message.id)) message.waiting.delete(carrier);
    }
    this.#settleIfDone(message);
  }

  /** Cancels everything that waits. */
  clear(): void {
    for (const message of this.#queue.waiting()) this.giveUp(message, "cancelled");
  }

  /** Detaches every carrier and gives up what waits, as `dropped`. */
  close(): void {
    this.#isClosed = true;
    this.#timer.stop();
    for (const carrier of [...this.#carriers]) this.detach(carrier);
    for (const message of this.#queue.waiting()) {
      this.#queue.giveUp(message, "dropped");
      this.#settle(message);
    }
    for (const message of this.#signalled) this.#release(message);
    this.#queue.clear();
  }

  #offer(carrier: AttachedCarrier, message: PendingMessage, parts = message.parts): void {
    if (message.givenUp !== undefined || carrier.offer(parts)) return;
    this.reported(carrier, { messageId: message.id, outcome: "dropped", streams: [] });
  }

  #settleIfDone(message: PendingMessage): void {
    if (message.isSettled || message.waiting.size > 0) return;
    if (message.reports.length > 0 || message.givenUp !== undefined) this.#settle(message);
  }

  #settle(message: PendingMessage): void {
    const receipt = message.settle();
    // Without ids a receiver would take a copy that comes much later for a new message.
    this.#queue.settled(message, this.#settings.profile.copiesWithinMs === undefined && !this.#isClosed);
    this.#counts[receipt.outcome] += 1;
    for (const { copies, bytes } of receipt.carriers) {
      this.#counts.copies += copies;
      this.#counts.bytes += bytes;
    }
    for (const oldest of this.#signalled) {
      if (this.#signalled.size <= maxSignalled || !oldest.isSettled) break;
      this.#release(oldest);
    }
    this.#owner.settled(message, receipt);
  }

  /** Copies for key frames and for streams that stood still may leave until a message expires, after it was settled. */
  #releaseExpired(nowMs: number): void {
    for (const message of this.#signalled) {
      if (message.isSettled && nowMs >= message.expiresAtMs) this.#release(message);
    }
  }

  #release(message: PendingMessage): void {
    if (this.#signalled.delete(message)) message.release?.();
  }

  /** Settles what expires without a carrier. */
  #wake(): void {
    const nowMs = this.#owner.clock();
    this.#queue.sweep(nowMs);
    for (const message of this.#queue.waiting()) {
      const isOver = nowMs >= message.expiresAtMs && message.waiting.size === 0;
      if (isOver || nowMs >= message.expiresAtMs + reportGraceMs) this.#settle(message);
    }
    this.#releaseExpired(nowMs);
    const sleepMs = this.size > 0 || this.#signalled.size > 0 ? longestSleepMs : Number.POSITIVE_INFINITY;
    this.#timer.by(Math.min(this.#queue.nextExpiryMs(nowMs), nowMs + sleepMs), nowMs);
    this.#timer.hold(this.size > 0);
  }
}
