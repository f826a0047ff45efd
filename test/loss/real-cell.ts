import type { AccessUnit } from "@inband/h264";
import { SeiPublisher } from "@inband/publisher";
import { framesPerSecond } from "@inband/rig/access-unit";
import type { LinkOptions } from "@inband/rig/werift/impaired-pair";
import type { Impairment } from "@inband/rig/werift/impairment";
import type { WeriftVideo } from "@inband/werift";
import { Account, type Balance, breaches, type Sample } from "./account.ts";
import { type Lateness, runFrames } from "./frame-clock.ts";
import type { FrameBalance } from "./frame-ledger.ts";
import { type Goal, judge, type Verdict } from "./goals.ts";

/** One set of conditions between real peers. */
export interface RealCell extends LinkOptions {
  readonly receiver: "werift" | "chromium";
  readonly messages: number;
  /** Messages of one frame are lost together: with one on each, a cell says as much as its count. */
  readonly messagesPerFrame: number;
  /** Frames go on without messages: for copies on key frames (5 s), heartbeats, and gaps (6 s after what shows them). */
  readonly secondsAfter: number;
  /** The publisher's settings; absent: its defaults. */
  readonly copies?: number;
  readonly goal?: Goal;
}

/** What came of it. */
export interface RealResult {
  readonly cell: RealCell;
  readonly balance: Balance;
  /** RTP packets that were sent, retransmissions included, and how many of them were lost. */
  readonly sentPackets: number;
  readonly lostPackets: number;
  readonly lateness: Lateness;
  /** Where a message rides one access unit and no packet is sent again: what became of the access units. */
  readonly frames: FrameBalance | undefined;
  readonly verdict: Verdict | undefined;
  readonly breaches: readonly string[];
}

const topics = 8;
/** How long reports that are overdue are waited for, and how often they are looked for. */
const overdueMs = 15_000;
const overdueEveryMs = 500;
/** Of what four messages a frame need with copies on key frames. */
export const cellLimits = { bytesPerAccessUnit: 16_384, bytesPerSecond: 1_048_576 } as const;

/** What `publishThrough` tells. */
export interface Published {
  readonly lateness: Lateness;
  /** RTP timestamp of the access unit that a message was published for, by the number of the message. */
  readonly rtpTimestamps: readonly number[];
}

/** Publishes the messages of a cell on one frame after the other, and goes on without for those that come late. */
export async function publishThrough(
  cell: RealCell,
  video: WeriftVideo,
  account: Account,
  picture: (frame: number) => AccessUnit,
): Promise<Published> {
  const publisher = new SeiPublisher<Sample>(
    cell.copies === undefined ? {} : { copies: cell.copies, keyFrameCopies: 0 },
  );
  publisher.attach(video);
  const rtpTimestamps: number[] = [];
  const begin = framesPerSecond;
  const end = begin + Math.ceil(cell.messages / cell.messagesPerFrame);
  const lateness = await runFrames(end + cell.secondsAfter * framesPerSecond, framesPerSecond, (frame) => {
    const accessUnit = picture(frame);
    for (let message = 0; frame >= begin && frame < end && message < cell.messagesPerFrame; message += 1) {
      const { sample, topic } = account.next(wallClockMs());
      publisher.publish(sample, { topic });
      rtpTimestamps.push(video.rtpTimestamp(accessUnit.timestamp));
    }
    video.write(accessUnit);
  });
  publisher.close();
  return { lateness, rtpTimestamps };
}

/** An account with room for the messages of a cell. */
export function accountFor({ messages, messagesPerFrame }: RealCell): Account {
  return new Account(Math.ceil(messages / messagesPerFrame) * messagesPerFrame, topics);
}

/**
 * The balance of a cell at a time. What is overdue on a machine that is held up is waited for: a gap is told seconds after
 * what shows it has come.
 *
 * @param collect Takes over what has come since it was called last.
 */
export async function balanceOf(
  account: Account,
  endMs: number,
  collect: () => Promise<void> | void,
): Promise<Balance> {
  for (let waitedMs = 0; ; waitedMs += overdueEveryMs) {
    await collect();
    const balance = account.balance(endMs);
    if (balance.unreported + balance.unreportedInSpite === 0 || waitedMs >= overdueMs) return balance;
    await new Promise((resolve) => setTimeout(resolve, overdueEveryMs));
  }
}

/** The result of a cell, judged. */
export function resultOf(
  cell: RealCell,
  balance: Balance,
  counts: Impairment["counts"],
  lateness: Lateness,
  frames?: FrameBalance,
): RealResult {
  return {
    cell,
    balance,
    sentPackets: counts.sent,
    lostPackets: counts.lost,
    lateness,
    frames,
    verdict: cell.goal === undefined ? undefined : judge(cell.goal, balance),
    breaches: breaches(balance),
  };
}

/** The time in milliseconds since 1970, as finely as it is known; the same in a page of the same machine. */
export function wallClockMs(): number {
  return performance.timeOrigin + performance.now();
}
