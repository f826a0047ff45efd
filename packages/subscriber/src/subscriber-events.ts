import type { Ended, Resumed, Stalled } from "./feed-life.ts";
import type { Gap } from "./gap-watch.ts";
import type { Late } from "./late.ts";
import type { MessageOf, Presented } from "./received-message.ts";
import type { Stripped } from "./strip-watch.ts";

/** No types by topic. */
export type NoTopics = Record<never, never>;

/** What a subscriber tells its listeners; each gets one argument. */
export type SubscriberEvents<T = unknown, Topics extends object = NoTopics> = {
  /** A message, never twice. */
  message: MessageOf<T, Topics>;
  /** A message whose frame is on the screen; after `presentWith`. Again after seeking back, where time is media time. */
  present: MessageOf<T, Topics> & Presented;
  /**
   * Messages that never came: at most 10 a second of each feed or group. Beyond that the gaps of a topic are joined and
   * told in the next second.
   */
  gap: Gap;
  /** A message that came and was not delivered, as it is behind its place: at most 10 a second of each feed or group. */
  late: Late;
  /** A feed brings access units, but no longer the messages of a source that it should bring. Once, until it does again. */
  stripped: Stripped;
  /** A feed that brought something brings nothing any more: within 3 s by default. */
  stalled: Stalled;
  /** A source has left: a publisher that said so, or all that a feed reads. */
  ended: Ended;
  /** What had stalled or ended goes on. */
  resumed: Resumed;
  /** One copy more of a message that was delivered. */
  duplicate: { readonly id: string; readonly copies: number; readonly stream: string };
  /** A reader of `messages` was too slow and missed the oldest ones. */
  lagged: { readonly topic: string | undefined; readonly missed: number };
  /**
   * A broken message (WireError), broken SEI (BrokenSeiError), one that does not fit its schema (SchemaError), a feed or a
   * listener that went wrong: at most 10 a second of each feed and 10 of the application. Everything goes on.
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

/** The figures of a subscriber while it counts. */
export type Counts = { -readonly [Name in keyof SubscriberStats]: number };

/** Figures of a subscriber since it was made. */
export interface SubscriberStats {
  /** Access units that came by, with or without messages. */
  readonly accessUnits: number;
  /** user_data_unregistered messages that came by. */
  readonly userData: number;
  /** SEI messages that were broken and could not be read. */
  readonly broken: number;
  /** Those under UUIDs of no profile: other people's. */
  readonly foreign: number;
  /** Messages that were delivered. */
  readonly messages: number;
  /** Further copies of them. */
  readonly duplicates: number;
  /** Messages that never came. */
  readonly missing: number;
  /** Messages that came behind their place and were not delivered: see {@link Late}. */
  readonly late: number;
  /** Messages that did not fit the schema of their topic. */
  readonly invalid: number;
  /** Messages of which some fragments never came, or for which there was no room. */
  readonly incomplete: number;
  /** Messages that slow readers missed. */
  readonly lagged: number;
  /** What went wrong, the errors without an event included. */
  readonly errors: number;
}
