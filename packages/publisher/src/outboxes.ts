import type { CarrierEvents, CarrierLimits, SentReport } from "./carrier.ts";
import { OfferedMessage } from "./offered-message.ts";
import { Outbox, type OutboxOwner, silentAfterMs } from "./outbox.ts";
import type { OutboxEntry } from "./outbox-entry.ts";
import type { Part } from "./part.ts";

/** Messages that were reported and are kept, until they expire, for streams that appear later. */
const maxKeptMessages = 256;
const maxKeptBytes = 1_048_576;

/** Options of {@link Outboxes}. */
export interface OutboxesOptions {
  readonly limits: CarrierLimits;
  readonly events: Pick<CarrierEvents, "sent" | "stalled">;
  /** Wall clock in milliseconds. It defaults to `Date.now`. */
  readonly now?: () => number;
}

/**
 * The messages of one publisher on one carrier, with one {@link Outbox} for each encoded stream (simulcast layer, SSRC).
 *
 * A carrier holds it where its frames are, in a worker for instance. Every stream has the same messages, and none waits
 * for another: what was offered before a stream appeared is given to it when it appears, and a stream that stands still
 * lets its messages expire. `events.sent` is called once for each message, when all streams that flow have finished.
 */
export class Outboxes {
  readonly #limits: CarrierLimits;
  readonly #events: Pick<CarrierEvents, "sent" | "stalled">;
  readonly #now: () => number;
  readonly #outboxes = new Map<string, Outbox>();
  /** Every message that has not expired, with its entries by stream. */
  readonly #messages = new Map<string, { message: OfferedMessage; entries: Map<Outbox, OutboxEntry> }>();
  readonly #owner: OutboxOwner;
  #order = 0;
  #unreported = 0;
  #keptBytes = 0;
  #waitingSinceMs = 0;
  #isStalled = false;
  #isClosed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(options: OutboxesOptions) {
    this.#limits = options.limits;
    this.#events = options.events;
    this.#now = options.now ?? (() => Date.now());
    this.#owner = {
      limits: this.#limits,
      now: this.#now,
      ended: () => this.#settle(),
      closed: (outbox) => {
        if (this.#outboxes.get(outbox.name) === outbox) this.#outboxes.delete(outbox.name);
        this.#settle();
      },
    };
  }

  /** Takes all parts of one message. */
  offer(parts: readonly Part[]): void {
    const id = parts[0]?.messageId;
    if (id === undefined || this.#messages.has(id)) return;
    if (this.#isClosed) {
      this.#events.sent({ messageId: id, outcome: "dropped", streams: [] });
      return;
    }
    const message = new OfferedMessage(parts, this.#order);
    this.#order += 1;
    const entries = new Map<Outbox, OutboxEntry>();
    for (const outbox of this.#outboxes.values()) entries.set(outbox, outbox.add(message));
    this.#messages.set(id, { message, entries });
    if (this.#unreported === 0) {
      this.#waitingSinceMs = this.#now();
      this.#isStalled = false;
    }
    this.#unreported += 1;
    this.#arm();
  }

  /** Gives up the copies of a message that have not left. */
  withdraw(messageId: string): void {
    const held = this.#messages.get(messageId);
    if (held === undefined) return;
    for (const outbox of this.#outboxes.values()) outbox.withdraw(messageId);
    if (!held.message.isReported) this.#report(messageId, "cancelled");
    this.#forget(messageId);
  }

  /** The outbox of an encoded stream, the same for the same name; made when the name is new. */
  stream(name: string): Outbox {
    const known = this.#outboxes.get(name);
    if (known !== undefined) return known;
    const outbox = new Outbox(name, this.#owner);
    if (this.#isClosed) return outbox;
    this.#outboxes.set(name, outbox);
    for (const { message, entries } of this.#messages.values()) entries.set(outbox, outbox.add(message));
    return outbox;
  }

  /** Gives up everything that waits and reports it as `dropped`. Streams go on without messages. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const [id, { message }] of [...this.#messages]) {
      for (const outbox of this.#outboxes.values()) outbox.withdraw(id);
      if (!message.isReported) this.#report(id, "dropped");
    }
    this.#messages.clear();
    this.#outboxes.clear();
  }

  /** Reports the messages that every flowing stream has finished with. */
  #settle(): void {
    const nowMs = this.#now();
    for (const [id, { message, entries }] of [...this.#messages]) {
      if (message.isReported) continue;
      let finished = 0;
      let waiting = 0;
      for (const [outbox, entry] of entries) {
        if (entry.outcome !== undefined) finished += 1;
        else if (nowMs - outbox.lastFrameAtMs < silentAfterMs) waiting += 1;
      }
      if (waiting === 0 && finished > 0) this.#report(id, "expired");
    }
  }

  /** Says what became of a message; `otherwise` where no stream carried it whole and none says why. */
  #report(id: string, otherwise: Exclude<SentReport["outcome"], "sent">): void {
    const held = this.#messages.get(id);
    if (held === undefined || held.message.isReported) return;
    held.message.isReported = true;
    this.#unreported -= 1;
    const touched = [...held.entries].filter(
      ([, entry]) => entry.outcome !== undefined || entry.rtpTimestamps.length > 0,
    );
    const carried = touched.filter(([, entry]) => entry.copiesSent > 0).length;
    // A stream that expired without a copy makes the message expired; who withdraws is told whether any copy left.
    const isSent = otherwise === "expired" ? carried > 0 && carried === touched.length : carried > 0;
    const why = touched.find(([, entry]) => entry.copiesSent === 0)?.[1].outcome;
    this.#events.sent({
      messageId: id,
      outcome: isSent ? "sent" : otherwise === "expired" ? (why ?? otherwise) : otherwise,
      streams: touched.map(([outbox, entry]) => entry.report(outbox.name)),
    });
    if (held.message.copiesWithinMs !== Number.POSITIVE_INFINITY) this.#forget(id);
    else this.#keep(held.message);
  }

  /** Keeps a reported message for streams to come, and lets go of the oldest ones beyond the bounds. */
  #keep(message: OfferedMessage): void {
    this.#keptBytes += message.bytes;
    let kept = this.#messages.size - this.#unreported;
    for (const { message: oldest } of [...this.#messages.values()]) {
      if (kept <= maxKeptMessages && this.#keptBytes <= maxKeptBytes) return;
      if (!oldest.isReported) continue;
      this.#forget(oldest.id);
      kept -= 1;
    }
  }

  #forget(id: string): void {
    const held = this.#messages.get(id);
    if (held === undefined || !this.#messages.delete(id)) return;
    if (held.message.isReported && held.message.copiesWithinMs === Number.POSITIVE_INFINITY) {
      this.#keptBytes -= held.message.bytes;
    }
  }

  /** Starts the timer that lets messages expire and streams count as silent when no access unit comes. */
  #arm(): void {
    if (this.#messages.size === 0 || this.#isClosed) return;
    const nowMs = this.#now();
    let atMs = Number.POSITIVE_INFINITY;
    if (this.#unreported > 0) {
      const silentAtMs = this.#waitsSinceMs() + silentAfterMs;
      atMs = silentAtMs > nowMs ? silentAtMs : nowMs + silentAfterMs;
    }
    for (const { message } of this.#messages.values()) {
      if (message.expiresAtMs > nowMs) atMs = Math.min(atMs, message.expiresAtMs);
    }
    if (atMs >= this.#timerAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(() => this.#wake(), Math.max(1, atMs - nowMs));
  }

  #wake(): void {
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#now();
    for (const outbox of this.#outboxes.values()) outbox.sweep(nowMs);
    this.#settle();
    for (const [id, { message }] of [...this.#messages]) {
      if (nowMs < message.expiresAtMs) continue;
      if (!message.isReported && this.#isWaited(id, nowMs)) continue;
      this.#report(id, "expired");
      this.#forget(id);
    }
    this.#stall(nowMs);
    this.#arm();
  }

  /** Whether a stream that flows has begun to carry a message and has copies to go. */
  #isWaited(id: string, nowMs: number): boolean {
    for (const [outbox, entry] of this.#messages.get(id)?.entries ?? []) {
      if (entry.outcome === undefined && nowMs - outbox.lastFrameAtMs < silentAfterMs) return true;
    }
    return false;
  }

  #stall(nowMs: number): void {
    const isStalled = this.#unreported > 0 && nowMs - this.#waitsSinceMs() >= silentAfterMs;
    if (isStalled && !this.#isStalled) this.#events.stalled();
    this.#isStalled = isStalled;
  }

  /** Since when messages wait and no access unit has come, in wall clock milliseconds. */
  #waitsSinceMs(): number {
    let sinceMs = this.#waitingSinceMs;
    for (const outbox of this.#outboxes.values()) sinceMs = Math.max(sinceMs, outbox.lastFrameAtMs);
    return sinceMs;
  }
}
