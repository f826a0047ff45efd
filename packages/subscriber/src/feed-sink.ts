import type { SeiSink, UserData, UserDataPlace } from "@inband/stream";
import type { FeedAttachment } from "./attachment.ts";
import { BrokenSeiError } from "./broken-sei-error.ts";
import type { Reports } from "./reports.ts";

/** What the sink of a feed needs of the subscriber. */
export interface FeedSinkOwner<T> {
  readonly reports: Reports;
  /** Takes a message. Throws for a broken one. */
  receive(attachment: FeedAttachment<T>, message: UserData, place: UserDataPlace): void;
}

/** Where an attached feed delivers. Once the attachment is closed, only errors are reported. */
export function feedSink<T>(attachment: FeedAttachment<T>, owner: FeedSinkOwner<T>): SeiSink {
  const { feed, backlog, strips, life } = attachment;
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
      backlog.note(first ?? {}, nowMs);
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
