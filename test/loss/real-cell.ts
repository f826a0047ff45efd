import type { AccessUnit } from "@inband/h264";
import { SeiPublisher } from "@inband/publisher";
import type { WeriftVideo } from "@inband/publisher/werift";
import { Account, type Balance, breaches, type Sample } from "./account.ts";
import { runFrames } from "./frame-clock.ts";
import { framesPerSecond } from "./picture.ts";
import type { LinkOptions } from "./werift-pair.ts";

/** One set of conditions between real peers. */
export interface RealCell extends LinkOptions {
  readonly receiver: "werift" | "chromium";
  readonly seconds: number;
  /** The publisher's settings; absent: its defaults. */
  readonly copies?: number;
}

/** What came of it. */
export interface RealResult {
  readonly cell: RealCell;
  readonly balance: Balance;
  /** RTP packets that were sent, retransmissions included, and how many of them were lost. */
  readonly sentPackets: number;
  readonly lostPackets: number;
  readonly breaches: readonly string[];
}

const messagesPerFrame = 4;
const topics = 8;
/** Of what four messages a frame need with copies on key frames. */
export const cellLimits = { bytesPerAccessUnit: 16_384, bytesPerSecond: 1_048_576 } as const;
/** Copies on key frames go on for 5 s, and a gap is reported 6 s after the message behind it. */
const tailSeconds = 8;

/** Publishes four messages on each frame for some seconds, and goes on without for those that come late. */
export async function publishThrough(
  cell: RealCell,
  video: WeriftVideo,
  account: Account,
  picture: (frame: number) => AccessUnit,
): Promise<void> {
  const publisher = new SeiPublisher<Sample>(
    cell.copies === undefined ? {} : { copies: cell.copies, keyFrameCopies: 0 },
  );
  publisher.attach(video);
  const begin = framesPerSecond;
  const end = begin + cell.seconds * framesPerSecond;
  await runFrames(end + tailSeconds * framesPerSecond, framesPerSecond, (frame) => {
    for (let message = 0; frame >= begin && frame < end && message < messagesPerFrame; message += 1) {
      const { sample, topic } = account.next(wallClockMs());
      publisher.publish(sample, { topic });
    }
    video.write(picture(frame));
  });
  publisher.close();
}

/** An account with room for the messages of a cell. */
export function accountFor(cell: RealCell): Account {
  return new Account(cell.seconds * framesPerSecond * messagesPerFrame, topics);
}

/** The result of a cell, judged. */
export function resultOf(cell: RealCell, account: Account, counts: { sent: number; lost: number }): RealResult {
  const balance = account.balance();
  return { cell, balance, sentPackets: counts.sent, lostPackets: counts.lost, breaches: breaches(balance) };
}

/** The time in milliseconds since 1970, as finely as it is known; the same in a page of the same machine. */
export function wallClockMs(): number {
  return performance.timeOrigin + performance.now();
}
