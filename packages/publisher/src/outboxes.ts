import type { CarrierEvents, CarrierLimits, SentReport, StreamReport } from "./carrier.ts";
import { OfferedMessage } from "./offered-message.ts";
import { Outbox, type OutboxOwner, silentAfterMs } from "./outbox.ts";
import type { OutboxEntry } from "./outbox-entry.ts";
import type { Part } from "./part.ts";
import { steadyNowMs } from "./steady-clock.ts";
import { StreamBudgets } from "./stream-budget.ts";
import { WakeTimer } from "./wake-timer.ts";

/** Messages that were reported and are kept, until they expire, for streams that appear later. */
const maxKeptMessages = 256;
const maxKeptBytes = 1_048_576;
/** Streams at once: simulcast has three layers, and each negotiation may bring new SSRCs that never end. */
const maxStreams = 32;
/** Those that have expired are let go of this often: a timer for each would wake the process as often as it publishes. */
const sweepIntervalMs = 1000;

/** Options of {@link Outboxes}. */
export interface OutboxesOptions {
  readonly limits: CarrierLimits;
  readonly events: Pick<CarrierEvents, "sent" | "stalled">;
  /** What the publishers of a carrier share. It defaults to budgets of its own, for a carrier with one publisher. */
  readonly budgets?: StreamBudgets;
  /** The clock of `Part.expiresAtMs`. It defaults to `performance.timeOrigin + performance.now()`. */
  readonly now?: () => number;
}

/** A message and how far it has come on each stream. */
interface Held {
  readonly message: OfferedMessage;
  readonly entries: Map<Outbox, OutboxEntry>;
}

/**
 * The messages of one publisher on one carrier, with one {@link Outbox} for each encoded stream (simulcast layer, SSRC).
 *
 * A carrier holds it where its frames are, in a worker for instance. Every stream has the same messages, and none waits
 * for another: what was offered before a stream appeared is given to it when it appears, and a stream that stands still
 * lets its messages expire. `events.sent` is called once for each message, when all streams that flow have finished.
 */
export class Outboxes {
  readonly #events: Pick<CarrierEvents, "sent" | "stalled">;
  readonly #now: () => number;
  readonly #owner: OutboxOwner;
  readonly #budgets: StreamBudgets;
  readonly #outboxes = new Map<string, Outbox>();
  /** Messages that have not been reported. */
  readonly #waiting = new Map<string, Held>();
  /** Messages that stand until they are withdrawn, and are not reported on. */
  readonly #standing = new Map<string, OfferedMessage>();
  /** Messages that were reported and have not expired. */
  readonly #kept = new Map<string, Held>();
  #keptBytes = 0;
  #order = 0;
  #waitingSinceMs = 0;
  #isStalled = false;
  #isClosed = false;
  readonly #timer = new WakeTimer(() => this.#wake());

  constructor(options: OutboxesOptions) {
    this.#events = options.events;
    this.#now = options.now ?? steadyNowMs;
    this.#budgets = options.budgets ?? new StreamBudgets(options.limits);
    this.#owner = {
      limits: options.limits,
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
    if (id === undefined || this.#waiting.has(id) || this.#kept.has(id)) return;
    if (parts[0]?.standing !== undefined) {
      this.#stand(id, parts);
      return;
    }
    if (this.#isClosed) {
      this.#events.sent({ messageId: id, outcome: "dropped", streams: [] });
      return;
    }
    const message = new OfferedMessage(parts, this.#order);
    this.#order += 1;
    const held: Held = { message, entries: new Map() };
    for (const outbox of this.#outboxes.values()) held.entries.set(outbox, outbox.add(message));
    const nowMs = this.#now();
    if (this.#waiting.size === 0) {
      this.#waitingSinceMs = nowMs;
      this.#isStalled = false;
    }
    this.#waiting.set(id, held);
    this.#timer.by(Math.min(message.expiresAtMs, this.#silentAtMs(nowMs)), nowMs);
    this.#timer.hold(true);
  }

  /** Gives up the copies of a message that have not left. */
  withdraw(messageId: string): void {
    if (this.#standing.delete(messageId)) {
      for (const outbox of this.#outboxes.values()) outbox.withdraw(messageId);
      return;
    }
    const waiting = this.#waiting.get(messageId);
    // Of a message that was reported, copies may still wait on a stream that stands still.
    for (const outbox of this.#outboxes.values()) outbox.withdraw(messageId);
    if (waiting !== undefined) this.#report(waiting, "cancelled");
    this.#unkeep(messageId);
  }

  /**
   * The outbox of an encoded stream, the same for the same name; made when the name is new. Of more than 32 streams the
   * one that has been silent for longest is closed, so ask for it at each access unit where names change.
   */
  stream(name: string): Outbox {
    const known = this.#outboxes.get(name);
    if (known !== undefined) return known;
    const outbox = new Outbox(name, this.#owner, this.#budgets.of(name));
    if (this.#isClosed) return outbox;
    this.#outboxes.set(name, outbox);
    const nowMs = this.#now();
    const kept = [...this.#kept.values()].filter(({ message }) => message.expiresAtMs > nowMs);
    for (const { message, entries } of [...kept, ...this.#waiting.values()]) entries.set(outbox, outbox.add(message));
    for (const message of this.#standing.values()) outbox.stand(message);
    if (this.#outboxes.size > maxStreams) this.#silentest(outbox)?.close();
    return outbox;
  }

  /**
   * Whether, after `close`, the streams have nothing left to carry: until then, for a second at most, their access units
   * take the last heartbeat along.
   */
  get hasEnded(): boolean {
    for (const outbox of this.#outboxes.values()) if (!outbox.hasEnded) return false;
    return this.#isClosed;
  }

  /**
   * Gives up everything that waits and reports it as `dropped`. Streams that go on carry the last heartbeat, where they
   * are asked for it, and nothing else.
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer.stop();
    for (const outbox of this.#outboxes.values()) {
      for (const id of [...this.#waiting.keys(), ...this.#kept.keys()]) outbox.withdraw(id);
    }
    for (const held of [...this.#waiting.values()]) this.#report(held, "dropped");
    this.#kept.clear();
    this.#standing.clear();
    for (const outbox of this.#outboxes.values()) outbox.end();
  }

  /** The stream but one whose last access unit came longest ago. */
  #silentest(but: Outbox): Outbox | undefined {
    let found: Outbox | undefined;
    for (const outbox of this.#outboxes.values()) {
      if (outbox !== but && (found === undefined || outbox.lastFrameAtMs < found.lastFrameAtMs)) found = outbox;
    }
    return found;
  }

  /** Takes what stands until it is withdrawn; a heartbeat until the next one. */
  #stand(id: string, parts: readonly Part[]): void {
    if (this.#isClosed || this.#standing.has(id)) return;
    const message = new OfferedMessage(parts, this.#order);
    this.#order += 1;
    if (message.standing === "heartbeat") {
      for (const other of this.#standing.values()) {
        if (other.standing === "heartbeat") this.#standing.delete(other.id);
      }
    }
    this.#standing.set(id, message);
    for (const outbox of this.#outboxes.values()) outbox.stand(message);
  }

  /** Reports the messages that every flowing stream has finished with. */
  #settle(): void {
    const nowMs = this.#now();
    for (const held of this.#waiting.values()) {
      let finished = 0;
      for (const { outcome } of held.entries.values()) if (outcome !== undefined) finished += 1;
      if (finished > 0 && !isAwaited(held, nowMs)) this.#report(held, "expired");
    }
  }

  /** Says what became of a message; `otherwise` where no stream carried it whole and none says why. */
  #report(held: Held, otherwise: Exclude<SentReport["outcome"], "sent">): void {
    const { message } = held;
    if (!this.#waiting.delete(message.id)) return;
    message.isReported = true;
    if (message.copiesWithinMs === Number.POSITIVE_INFINITY && !this.#isClosed) this.#keep(held);
    const streams: StreamReport[] = [];
    let carried = 0;
    let why: SentReport["outcome"] | undefined;
    for (const [outbox, entry] of held.entries) {
      if (entry.outcome === undefined && entry.bytes === 0) continue;
      streams.push(entry.report(outbox.name));
      if (entry.copiesSent > 0) carried += 1;
      else why ??= entry.outcome;
    }
    // A stream that expired without a copy makes the message expired; who withdraws is told whether any copy left.
    const isSent = carried > 0 && (otherwise !== "expired" || carried === streams.length);
    const whyNot = otherwise === "expired" ? (why ?? otherwise) : otherwise;
    this.#events.sent({ messageId: message.id, outcome: isSent ? "sent" : whyNot, streams });
  }

  /** Keeps a reported message for streams to come, and lets go of the oldest ones beyond the bounds. */
  #keep(held: Held): void {
    this.#kept.set(held.message.id, held);
    this.#keptBytes += held.message.bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxKeptMessages && this.#keptBytes <= maxKeptBytes) return;
      this.#unkeep(oldest);
    }
  }

  #unkeep(id: string): void {
    const held = this.#kept.get(id);
    if (held !== undefined && this.#kept.delete(id)) this.#keptBytes -= held.message.bytes;
  }

  /** Lets messages expire, and streams count as silent, when no access unit comes. */
  #wake(): void {
    const nowMs = this.#now();
    for (const outbox of this.#outboxes.values()) outbox.sweep(nowMs);
    this.#settle();
    for (const held of [...this.#waiting.values()]) {
      if (nowMs >= held.message.expiresAtMs && !isAwaited(held, nowMs)) this.#report(held, "expired");
    }
    for (const [id, { message }] of this.#kept) if (nowMs >= message.expiresAtMs) this.#unkeep(id);
    const isStalled = this.#waiting.size > 0 && nowMs - this.#waitsSinceMs() >= silentAfterMs;
    if (isStalled && !this.#isStalled) this.#events.stalled();
    this.#isStalled = isStalled;
    let atMs = this.#waiting.size > 0 ? this.#silentAtMs(nowMs) : Number.POSITIVE_INFINITY;
    if (this.#kept.size > 0) atMs = Math.min(atMs, nowMs + sweepIntervalMs);
    for (const { message } of this.#waiting.values()) {
      if (message.expiresAtMs > nowMs) atMs = Math.min(atMs, message.expiresAtMs);
    }
    if (this.#isClosed) return;
    this.#timer.by(atMs, nowMs);
    this.#timer.hold(this.#waiting.size > 0);
  }

  /** When streams may count as silent next: a second after the last access unit, or a second from now where that is over. */
  #silentAtMs(nowMs: number): number {
    const atMs = this.#waitsSinceMs() + silentAfterMs;
    return atMs > nowMs ? atMs : nowMs + silentAfterMs;
  }

  /** Since when messages wait and no access unit has come, in milliseconds. */
  #waitsSinceMs(): number {
    let sinceMs = this.#waitingSinceMs;
    for (const outbox of this.#outboxes.values()) sinceMs = Math.max(sinceMs, outbox.lastFrameAtMs);
    return sinceMs;
  }
}

/** Whether a stream that flows has copies of a message to go. */
function isAwaited({ entries }: Held, nowMs: number): boolean {
  for (const [outbox, { outcome }] of entries) {
    if (outcome === undefined && nowMs - outbox.lastFrameAtMs < silentAfterMs) return true;
  }
  return false;
}
