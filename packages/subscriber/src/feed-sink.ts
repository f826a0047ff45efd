import type { SeiSink, UserData, UserDataPlace } from "@inband/stream";
import { BrokenSeiError } from "./broken-sei-error.ts";
import type { FeedLife } from "./feed-life.ts";
import type { MediaClock } from "./media-clock.ts";
import type { RateLimit } from "./rate-limit.ts";
import type { Reports } from "./reports.ts";
import type { StripWatch } from "./strip-watch.ts";

/** What the sink of a feed needs of its attachment. */
export interface SinkingFeed {
  readonly feed: string;
  readonly isClosed: boolean;
  readonly errorLimit: RateLimit;
  readonly mediaClock: MediaClock;
  readonly strips: StripWatch;
  readonly life: FeedLife;
}

/** What it needs of the subscriber. */
export interface FeedSinkOwner<Attached> {
  readonly reports: Reports;
  /** Takes a message. Throws for a broken one. */
  receive(attachment: Attached, message: UserData, place: UserDataPlace): void;
}

/** Where an attached feed delivers. Once the attachment is closed, only errors are reported. */
export function feedSink<Attached extends SinkingFeed>(attachment: Attached, owner: FeedSinkOwner<Attached>): SeiSink {
  const { feed, mediaClock, strips, life } = attachment;
  const { reports } = owner;
  const { counts } = reports;
  const failed = (error: unknown): void => reports.error(error, attachment.errorLimit);
  return {
    userData(message, place) {
      if (attachment.isClosed) return;
      try {
        owner.receive(attachment, message, place);
      } catch (error) {
        failed(error);
      }
    },
    accessUnits(count, first) {
      if (attachment.isClosed) return;
      const nowMs = reports.clock();
      counts.accessUnits += count;
      mediaClock.note(first ?? {}, nowMs);
      strips.accessUnits(count, nowMs);
      life.accessUnits();
    },
    broken(count, stream) {
      if (attachment.isClosed) return;
      counts.broken += count;
      failed(new BrokenSeiError(feed, stream, count));
    },
    failed,
    stalled(reason) {
      if (!attachment.isClosed) life.stalled(reason);
    },
    ended(reason) {
      if (!attachment.isClosed) life.ended(reason);
    },
  };
}
