import { type Gap, type ReceivedMessage, SeiSubscriber, type SeiSubscriberOptions } from "@inband/subscriber";
import { onTestFinished } from "vitest";
import { ManualFeed } from "./manual-feed.ts";

/** A subscriber on a manual feed, and what it has told. */
export interface TestSubscriber {
  readonly subscriber: SeiSubscriber;
  readonly feed: ManualFeed;
  readonly received: ReceivedMessage[];
  readonly errors: Error[];
  readonly gaps: Gap[];
}

/** Attaches a subscriber to a manual feed of this name, and listens until the test ends. */
export function testSubscriber(options: SeiSubscriberOptions = {}, name = "manual"): TestSubscriber {
  const subscriber = new SeiSubscriber(options);
  onTestFinished(() => subscriber.close());
  const feed = new ManualFeed(name);
  const received: ReceivedMessage[] = [];
  const errors: Error[] = [];
  const gaps: Gap[] = [];
  subscriber.attach(feed);
  subscriber.on("message", (message) => received.push(message));
  subscriber.on("error", (error) => errors.push(error));
  subscriber.on("gap", (gap) => gaps.push(gap));
  return { subscriber, feed, received, errors, gaps };
}
