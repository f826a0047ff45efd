/// <reference lib="esnext.disposable" preserve="true" />

import type { FeedReader, SeiFeed } from "@inband/stream";
import type { Attachment } from "./attachment.ts";
import type { DeliveredMessage } from "./delivered-message.ts";
import { expectThat } from "./expect-that.ts";
import type { FeedGroup } from "./feed-group.ts";
import { FeedLife, type TellOfFeed } from "./feed-life.ts";
import { type FeedSinkOwner, feedSink, type SinkingFeed } from "./feed-sink.ts";
import type { Incoming } from "./incoming.ts";
import { MediaClock } from "./media-clock.ts";
import { never } from "./never.ts";
import { Presentation, type PresentingVideo } from "./presentation.ts";
import { RateLimit } from "./rate-limit.ts";
import { StripWatch } from "./strip-watch.ts";
import type { ValidationOrigin, WaitingLine } from "./validation.ts";

/** A message with the feed that brought it. */
export interface Delivery<T> {
  readonly message: DeliveredMessage<T>;
  readonly attachment: FeedAttachment<T>;
}

/** What an attachment needs of the subscriber that it belongs to. */
export interface AttachmentOwner<T> extends FeedSinkOwner<FeedAttachment<T>> {
  readonly stalledAfterMs: number;
  closed(attachment: FeedAttachment<T>): void;
}

/** The attachment of a feed, with what the subscriber needs of it. */
export class FeedAttachment<T> implements Attachment, SinkingFeed, ValidationOrigin {
  readonly feed: string;
  readonly source: SeiFeed;
  /** What is known of the messages of the feed, and of other feeds that bring the same messages. */
  readonly group: FeedGroup<Delivery<T>>;
  /** Bounds the errors that the feed may cause. */
  readonly errorLimit: RateLimit = new RateLimit();
  readonly lines: Map<string, WaitingLine> = new Map();
  readonly strips: StripWatch;
  readonly mediaClock: MediaClock = new MediaClock();
  readonly life: FeedLife;
  readonly #owner: AttachmentOwner<T>;
  #presentation: Presentation<T> | undefined;
  #open: Disposable | undefined;
  isClosed = false;

  constructor(source: SeiFeed, group: FeedGroup<Delivery<T>>, owner: AttachmentOwner<T>) {
    const feed = source.name;
    const { reports, stalledAfterMs } = owner;
    this.source = source;
    this.feed = feed;
    this.group = group;
    const tell: TellOfFeed = (event, details) => {
      if ((details as { source?: number }).source === undefined) group.isAway = event !== "resumed";
      reports.tell(event, { feed, ...(event !== "stripped" && { attachment: this }), ...details } as never);
    };
    this.strips = new StripWatch(tell);
    this.life = new FeedLife(source.isLive === false ? never : stalledAfterMs, tell, reports.clock, group.isAway);
    this.#owner = owner;
    group.strips.add(this.strips);
  }

  /**
   * Opens the feed, which may deliver at once, and may attach others. Throws what the feed throws; the attachment is closed
   * then.
   */
  open(reader: FeedReader): void {
    try {
      this.#open = this.source.open(feedSink(this, this.#owner), reader);
    } catch (error) {
      this.close();
      throw error;
    }
    if (this.isClosed) this.#open[Symbol.dispose]();
  }

  presentWith(video: PresentingVideo): this {
    const canPresent = typeof video?.requestVideoFrameCallback === "function";
    expectThat(canPresent, "video", "a video element with requestVideoFrameCallback", typeof video);
    if (this.isClosed) return this;
    this.#presentation?.moveTo(video);
    const { events, clock } = this.#owner.reports;
    this.#presentation ??= new Presentation(video, (presented) => events.emit("present", presented), clock);
    return this;
  }

  /** A message or heartbeat of a source arrived through this feed: the others of its group should bring the source too. */
  heard(incoming: Incoming, nowMs: number): void {
    const { source } = incoming;
    if (source === undefined) return;
    this.life.userData(incoming.isHeartbeat);
    for (const strips of this.group.strips) {
      if (strips === this.strips) strips.sign(source, incoming, nowMs);
      else strips.signElsewhere(source, nowMs);
    }
  }

  delivered(message: DeliveredMessage<T>): void {
    this.#presentation?.add(message);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.life.close();
    this.#presentation?.close();
    this.group.strips.delete(this.strips);
    this.#owner.closed(this);
    this.#open?.[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
