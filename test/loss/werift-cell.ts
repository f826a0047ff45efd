import { connectImpairedPair } from "@inband/rig/werift/impaired-pair";
import { SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/werift";
import type { Sample } from "./account.ts";
import { tapHeartbeats } from "./heartbeat-tap.ts";
import { accessUnit } from "./picture.ts";
import {
  accountFor,
  balanceOf,
  cellLimits,
  publishThrough,
  type RealCell,
  type RealResult,
  resultOf,
  wallClockMs,
} from "./real-cell.ts";

/** Runs one cell between two werift peers. */
export async function runWeriftCell(cell: RealCell): Promise<RealResult> {
  const pair = await connectImpairedPair(cell, { limits: cellLimits });
  const account = accountFor(cell);
  const subscriber = new SeiSubscriber<Sample>();
  subscriber.on("gap", (gap) => account.gap(gap));
  subscriber.on("message", (message) => account.received(message, wallClockMs()));
  const feed = weriftFeed(pair.transceiver);
  subscriber.attach(tapHeartbeats(feed, (topics) => account.heartbeat(topics, wallClockMs())));
  const { lateness } = await publishThrough(cell, pair.video, account, accessUnit);
  const balance = await balanceOf(account, wallClockMs(), () => {});
  subscriber.close();
  await pair.close();
  return resultOf(cell, balance, pair.counts, lateness);
}
