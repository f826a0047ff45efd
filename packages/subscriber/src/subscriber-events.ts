import type { Gap } from "./gap.ts";
import type { Late } from "./late.ts";
import type { Ended, Resumed, Stalled } from "./life-events.ts";
import type { MessageOf, Presented } from "./received-message.ts";
import type { Stripped } from "./stripped.ts";

/** A map of topics without topics. */
export type NoTopics = Record<never, never>;

/** The events of a subscriber, each with its argument. */
export type SubscriberEvents<T = unknown, Topics extends object = NoTopics> = {
  /** A message, never twice. */
  message: MessageOf<T, Topics>;
  /** A message whose frame is on the screen, after `presentWith`. With media time it fires again after seeking back. */
  present: MessageOf<T, Topics> & Presented;
  /**
   * Messages that never arrived: at most 10 a second of each feed or group. Beyond that the gaps of a topic are joined and
   * reported in the next second.
   */
  gap: Gap;
  /** A message that arrived too late to be delivered in its place: at most 10 a second of each feed or group. */
  late: Late;
  /** A feed brings access units, but no longer the messages of a source. Fires once, until it brings them again. */
  stripped: Stripped;
  /** A feed has fallen silent: fires within 3 s by default. */
  stalled: Stalled;
  /** A source has left: a publisher that said so, or everything that a feed reads. */
  ended: Ended;
  /** A feed or source that had stalled or ended is back. */
  resumed: Resumed;
  /** A further copy of a message that was delivered. */
  duplicate: { readonly id: string; readonly copies: number; readonly stream: string };
  /** A reader of `messages` was too slow and missed the oldest messages. */
  lagged: { readonly topic: string | undefined; readonly missed: number };
  /**
   * A broken message (WireError), broken SEI (BrokenSeiError), a message that does not fit its schema (SchemaError), a feed
   * or a listener that failed: at most 10 a second of each feed, and 10 of the application. Everything continues.
   */
  error: Error;
};

/** The names of all events. */
export const eventNames = Object.keys({
  message: 1,
  present: 1,
  gap: 1,
  late: 1,
  stripped: 1,
  stalled: 1,
  ended: 1,
  resumed: 1,
  duplicate: 1,
  lagged: 1,
  error: 1,
} satisfies Record<keyof SubscriberEvents, 1>) as (keyof SubscriberEvents)[];
