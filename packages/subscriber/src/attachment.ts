/// <reference lib="esnext.disposable" preserve="true" />
import type { SeiFeed } from "./feed.ts";
import type { FeedGroup } from "./feed-group.ts";
import { FeedLife } from "./feed-life.ts";
import { JoinPoint } from "./join-point.ts";
import type { Arrival } from "./message-intake.ts";
import { never } from "./never.ts";
import { Presentation, type PresentingVideo } from "./presentation.ts";
import { RateLimit } from "./rate-limit.ts";
import type { DeliveredMessage, PresentedMessage } from "./received-message.ts";
import { StripWatch } from "./strip-watch.ts";
import type { SubscriberEvents } from "./subscriber-events.ts";
import { expectThat } from "./subscriber-options.ts";

/** A feed as one subscriber reads it. */
export interface Attachment extends Disposable {
  /** Name of the feed. */
  readonly feed: string;
  /**
   * From now on the subscriber fires `present` for each message of this feed, on the first frame of the video that is
   * not before the one the message speaks of. By the clock, with `presented: false`, after 1 s in a hidden page or a
   * paused video and after 5 s in one that stands still. A second call moves on to another video, with the
   * messages that wait.
   *
   * Messages with a media time, as those of HLS, wait for it however long, and `present` comes again when playing
   * crosses it again after seeking back; the newest 4096 are kept for that.
   */
  presentWith(video: PresentingVideo): this;
  /** Ends the feed. Idempotent. */
  close(): void;
}

/** What an attachment needs of the subscriber it belongs to. */
export interface AttachmentOwner<T> {
  readonly present: (presented: PresentedMessage<T>) => void;
  tell<Name extends "stripped" | "stalled" | "ended" | "resumed">(event: Name, argument: SubscriberEvents[Name]): void;
  readonly stalledAfterMs: number;
  closed(attachment: FeedAttachment<T>): void;
  readonly now: () => number;
}

/** The attachment of a feed, with what the subscriber needs of it. */
export class FeedAttachment<T> implements Attachment {
  readonly feed: string;
  readonly source: SeiFeed;
  /** What is known of the messages of the feed and of others that bring the same ones. */
  readonly group: FeedGroup<Arrival<T>>;
  /** How many errors of its own the feed may tell of. */
  readonly errorLimit: RateLimit = new RateLimit();
  readonly strips: StripWatch;
  readonly join: JoinPoint = new JoinPoint();
  readonly life: FeedLife;
  readonly #owner: AttachmentOwner<T>;
  #presentation: Presentation<T> | undefined;
  #open: Disposable | undefined;
  #isClosed = false;

  constructor(source: SeiFeed, group: FeedGroup<Arrival<T>>, owner: AttachmentOwner<T>) {
    const feed = source.name;
    this.source = source;
    this.feed = feed;
    this.group = group;
    const of = { feed, attachment: this };
    this.strips = new StripWatch({
      stripped: (stray, reason) => owner.tell("stripped", { feed, source: stray, reason }),
      left: (leaver) => owner.tell("ended", { ...of, source: leaver, reason: "publisher-closed" }),
      replaced: (comer) => owner.tell("resumed", { ...of, source: comer }),
    });
    this.life = new FeedLife(source.isLive === false ? never : owner.stalledAfterMs, {
      stalled: (reason) => owner.tell("stalled", { ...of, reason }),
      ended: (reason) => owner.tell("ended", { ...of, source: undefined, reason }),
      resumed: () => owner.tell("resumed", { ...of, source: undefined }),
    });
    this.#owner = owner;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Notes what ends the feed. */
  opened(open: Disposable): void {
    this.#open = open;
    if (this.#isClosed) open[Symbol.dispose]();
  }

  presentWith(video: PresentingVideo): this {
    const canPresent = typeof video?.requestVideoFrameCallback === "function";
    expectThat(canPresent, "video", "a video element that has requestVideoFrameCallback", typeof video);
    if (this.#isClosed) return this;
    this.#presentation?.moveTo(video);
    this.#presentation ??= new Presentation(video, this.#owner.present, this.#owner.now);
    return this;
  }

  delivered(message: DeliveredMessage<T>): void {
    this.#presentation?.add(message);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.life.close();
    this.#presentation?.close();
    this.#owner.closed(this);
    this.#open?.[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
