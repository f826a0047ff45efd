import type { GapWatch } from "./gap-watch.ts";
import type { Incoming } from "./incoming.ts";
import { never } from "./never.ts";

/**
 * Makes the order of one group of feeds; `late` gets the messages that arrive when later ones have been delivered already,
 * and are not delivered.
 */
export type DeliveryOrder = <M>(gaps: GapWatch, late: (message: M) => void) => MessageOrder<M>;

/** The order in which messages of a group of feeds are delivered. What it yields is to be delivered at once. */
export interface MessageOrder<M> {
  /** Takes a whole message, which the watch for gaps has noted. */
  take(incoming: Incoming, message: M, nowMs: number): Iterable<M>;
  /** Yields the messages that are no longer to wait. */
  due(nowMs: number): Iterable<M>;
  /** When a message may be due next; Infinity while none waits. */
  nextDeadlineMs(): number;
}

/** Delivers each message as soon as it is whole. */
export const byArrival: DeliveryOrder = () => ({
  take: (_, message) => [message],
  due: () => [],
  nextDeadlineMs: () => never,
});
