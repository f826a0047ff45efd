import { GapReports } from "./gap-reports.ts";
import { GapWatch } from "./gap-watch.ts";
import { Heartbeats } from "./heartbeats.ts";
import type { MessageOrder } from "./message-order.ts";
import { RateLimit } from "./rate-limit.ts";
import { Reassembly } from "./reassembly.ts";
import type { Reports } from "./reports.ts";
import { SeenMessages } from "./seen-messages.ts";
import type { StripWatch } from "./strip-watch.ts";

/** What a group of feeds needs of the subscriber it belongs to. */
export interface FeedGroupOwner<M> {
  readonly gapTimeoutMs: number;
  readonly reports: Reports;
  makeOrder(gaps: GapWatch): MessageOrder<M>;
}

/**
 * What is known of the messages of one feed, or of feeds that bring the same messages. Nothing that another group brings
 * changes it, and it has bounds of its own: no group can push out what another one has sent.
 */
export class FeedGroup<M> {
  /** The watches of the feeds that are attached. */
  readonly strips: Set<StripWatch> = new Set();
  /** Whether a feed of the group was said to have stalled or ended, and none has come back since. */
  isAway: boolean | undefined;
  readonly heartbeats: Heartbeats;
  readonly reassembly: Reassembly;
  readonly gaps: GapWatch;
  readonly order: MessageOrder<M>;
  readonly seen: SeenMessages;
  readonly lateLimit: RateLimit = new RateLimit();
  readonly #gapReports: GapReports;

  /** `idLimit` is the number of ids that may be remembered. */
  constructor(feed: string, idLimit: () => number, owner: FeedGroupOwner<M>) {
    const { gapTimeoutMs, reports } = owner;
    this.seen = new SeenMessages(idLimit);
    this.reassembly = new Reassembly(reports.counts);
    this.#gapReports = new GapReports((loss) => reports.tell("gap", { ...loss, feed }));
    this.gaps = new GapWatch(gapTimeoutMs, (loss) => {
      reports.counts.missing += loss.missing;
      this.#gapReports.add(loss, reports.clock());
    });
    this.heartbeats = new Heartbeats(this.gaps);
    this.order = owner.makeOrder(this.gaps);
  }

  /** Gives up what has been waited for too long. Yields the messages that are no longer to wait. */
  *due(nowMs: number): Generator<M> {
    yield* this.order.due(nowMs);
    this.gaps.sweep(nowMs);
    this.#gapReports.sweep(nowMs);
    this.reassembly.sweep(nowMs);
    yield* this.order.due(nowMs);
  }

  /** When something is due next; Infinity while nothing waits. */
  nextDeadlineMs(): number {
    return Math.min(this.gaps.nextDeadlineMs(), this.#gapReports.nextDeadlineMs(), this.order.nextDeadlineMs());
  }
}
