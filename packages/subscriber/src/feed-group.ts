import { GapReports } from "./gap-reports.ts";
import { GapWatch, type Loss } from "./gap-watch.ts";
import { InOrder } from "./in-order.ts";
import { keepNewest } from "./keep-newest.ts";
import { never } from "./never.ts";
import { RateLimit } from "./rate-limit.ts";
import { Reassembly } from "./reassembly.ts";
import { RetainedMessages } from "./retained-messages.ts";
import { SeenMessages } from "./seen-messages.ts";
import type { Counts } from "./subscriber-events.ts";

/** Copies of a message stay within 5 s by default, and no clock is that far off. */
const idsWithinMs = 60_000;
/** Publishers send all copies of a payload without an id within 1 s. */
const rawWithinMs = 2000;
/** A source sends a heartbeat on each access unit of the first second, then about two a second. */
const maxHeartbeatsPerSecond = 64;

/** What a group of feeds does by. */
export interface FeedGroupOptions<M> {
  readonly gapTimeoutMs: number;
  /** Undefined for the order of arrival. */
  readonly orderTimeoutMs: number | undefined;
  /** How many ids may be remembered. */
  idLimit(): number;
  readonly counts: Counts;
  clock(): number;
  /** As many gaps as may be told. */
  gap(gap: Loss): void;
  message(message: M): void;
  late(message: M): void;
}

/**
 * What is known of the messages of one feed, or of feeds that bring the same ones. Nothing that another group brings
 * changes it, and every bound is its own: nobody can push out what somebody else has sent.
 */
export class FeedGroup<M> {
  readonly ids: SeenMessages;
  readonly raw: SeenMessages;
  readonly retained: RetainedMessages = new RetainedMessages();
  readonly lateLimit: RateLimit = new RateLimit();
  readonly reassembly: Reassembly;
  readonly gaps: GapWatch;
  readonly inOrder: InOrder<M> | undefined;
  readonly #gapReports: GapReports;
  readonly #heartbeats = new Map<number, RateLimit>();
  /** Feeds that are attached. */
  feeds = 0;

  constructor({ gapTimeoutMs, orderTimeoutMs, idLimit, clock, counts, gap, ...events }: FeedGroupOptions<M>) {
    this.ids = new SeenMessages(idLimit, idsWithinMs);
    this.raw = new SeenMessages(idLimit, rawWithinMs);
    this.reassembly = new Reassembly(counts);
    this.#gapReports = new GapReports(gap);
    this.gaps = new GapWatch(gapTimeoutMs, (each) => {
      counts.missing += each.missing;
      this.#gapReports.add(each, clock());
    });
    if (orderTimeoutMs !== undefined) {
      this.inOrder = new InOrder(orderTimeoutMs, this.gaps, events.message, events.late);
    }
  }

  /** Whether to read one heartbeat more of a source; what one says that is not read, later ones say too. */
  readsHeartbeat(source: number, nowMs: number): boolean {
    const limit = this.#heartbeats.get(source) ?? new RateLimit(maxHeartbeatsPerSecond);
    keepNewest(this.#heartbeats, source, limit);
    return limit.allows(nowMs);
  }

  /** Does what is due. */
  sweep(nowMs: number): void {
    this.inOrder?.sweep(nowMs);
    this.gaps.sweep(nowMs);
    this.#gapReports.sweep(nowMs);
    this.reassembly.sweep(nowMs);
    this.inOrder?.sweep(nowMs);
  }

  /** When something is due next; Infinity when nothing waits. */
  nextDeadlineMs(): number {
    return Math.min(
      this.gaps.nextDeadlineMs(),
      this.#gapReports.nextDeadlineMs(),
      this.inOrder?.nextDeadlineMs() ?? never,
    );
  }
}
