import type { Gap } from "./gap-watch.ts";
import type { PresentedMessage, ReceivedMessage } from "./received-message.ts";

/** What a subscriber tells its listeners; each gets one argument. */
export type SubscriberEvents<T = unknown> = {
  /** A message, never twice. */
  message: ReceivedMessage<T>;
  /** A message whose frame is on the screen; after `presentWith`. */
  present: PresentedMessage<T>;
  /** Messages that never came. */
  gap: Gap;
  /** One copy more of a message that was delivered. */
  duplicate: { readonly id: string; readonly copies: number; readonly stream: string };
  /** A reader of `messages` was too slow and missed the oldest ones. */
  lagged: { readonly topic: string | undefined; readonly missed: number };
  /** A broken message (WireError), a feed or a listener that went wrong: at most 10 a second. Everything goes on. */
  error: Error;
};

/** Figures of a subscriber since it was made. */
export interface SubscriberStats {
  /** Access units that came by, with or without messages. */
  readonly accessUnits: number;
  /** user_data_unregistered messages that came by. */
  readonly userData: number;
  /** Those under UUIDs of no profile: other people's. */
  readonly foreign: number;
  /** Messages that were delivered. */
  readonly messages: number;
  /** Further copies of them. */
  readonly duplicates: number;
  /** Messages that never came. */
  readonly missing: number;
  /** Messages of which some fragments never came, or for which there was no room. */
  readonly incomplete: number;
  /** Messages that slow readers missed. */
  readonly lagged: number;
  /** What went wrong, the errors without an event included. */
  readonly errors: number;
}
