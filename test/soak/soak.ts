import { setTimeout as sleep } from "node:timers/promises";
import { SeiPublisher } from "@inband/publisher";
import { framesPerSecond } from "@inband/rig/access-unit";
import { collectGarbage } from "@inband/rig/garbage";
import { median } from "@inband/rig/percentile";
import { connectImpairedPair } from "@inband/rig/werift/impaired-pair";
import { SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/werift";
import { Account, type Balance, breaches, type Sample } from "../loss/account.ts";
import { runFrames } from "../loss/frame-clock.ts";
import { accessUnit } from "../loss/picture.ts";

/** How long to go on, and what to tell on the way. */
export interface SoakOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly nack: boolean;
  /** Called every few seconds. */
  readonly progress?: (line: string) => void;
}

/** What came of it. */
export interface SoakResult {
  readonly balance: Balance;
  /** Resident memory in bytes right after a collection of garbage, every few seconds while messages are published. */
  readonly residentBytes: Float64Array;
  /** How much of it the last third of the time took, as a multiple of the second third; both are medians. */
  readonly growth: number;
  /** What holds the process after everything was closed and did not before, by kind. */
  readonly left: readonly string[];
  readonly sentPackets: number;
  readonly lostPackets: number;
  /** What went wrong on either side. */
  readonly errors: readonly string[];
  /** What breaks a promise, the memory left aside. */
  readonly breaches: readonly string[];
}

const lossRate = 0.05;
/** Messages ride two of three frames: 20 in a second. */
const messagesPerSecond = 20;
/** One message in four goes without a copy, so that some are lost. */
const topics = 4;
/** Copies on key frames go on for 5 s, and a gap is reported after 6 s. */
const tailSeconds = 9;
/** V8 lets garbage grow for minutes while there is memory: what is measured is what is left without it. */
const secondsPerSample = 5;

/** Sends 30 frames and 20 messages a second between two werift peers, of which 5 % of the packets are lost. */
export async function soak({ seconds, seed, nack, progress }: SoakOptions): Promise<SoakResult> {
  const before = resources();
  const errors: string[] = [];
  const warned = (warning: Error): void => void errors.push(String(warning));
  process.on("warning", warned);
  const pair = await connectImpairedPair({
    loss: { rate: lossRate, burst: 1 },
    rttMs: 50,
    nack,
    dependencyDescriptor: true,
    seed,
  });
  const account = new Account(Math.ceil(seconds * messagesPerSecond), topics);
  const publisher = new SeiPublisher<Sample>();
  const once = new SeiPublisher<Sample>({ copies: 1, keyFrameCopies: 0 });
  const subscriber = new SeiSubscriber<Sample>();
  for (const side of [publisher, once]) {
    side.on("error", (error) => errors.push(String(error)));
    side.attach(pair.video);
  }
  subscriber.on("error", (error) => errors.push(String(error)));
  subscriber.on("gap", (gap) => account.gap(gap));
  subscriber.on("message", (message) => account.received(message, performance.now()));
  subscriber.attach(weriftFeed(pair.transceiver));

  const frames = Math.ceil((seconds + tailSeconds) * framesPerSecond);
  const framesPerSample = secondsPerSample * framesPerSecond;
  const residentBytes = new Float64Array(Math.ceil((seconds * framesPerSecond) / framesPerSample));
  let samples = 0;
  await runFrames(frames, framesPerSecond, (frame) => {
    const isTail = frame >= seconds * framesPerSecond;
    if (!isTail && frame % 3 !== 2) {
      const { sample, topic } = account.next(performance.now());
      (sample.number % topics === topics - 1 ? once : publisher).publish(sample, { topic });
    }
    pair.video.write(accessUnit(frame));
    if (isTail || frame % framesPerSample !== 0) return;
    collectGarbage();
    residentBytes[samples] = process.memoryUsage.rss();
    const mebibytes = ((residentBytes[samples] as number) / 2 ** 20).toFixed(1);
    const { messages, missing } = subscriber.stats();
    samples += 1;
    progress?.(
      `${Math.round(frame / framesPerSecond)} s: ${mebibytes} MiB, ${account.count} published, ${messages} received, ${missing} missing`,
    );
  });
  subscriber.close();
  publisher.close();
  once.close();
  await pair.close();
  const left = await remaining(before);
  process.off("warning", warned);
  const balance = account.balance();
  const third = Math.floor(samples / 3);
  return {
    balance,
    residentBytes: residentBytes.slice(0, samples),
    growth: median(residentBytes.slice(2 * third, samples)) / median(residentBytes.slice(third, 2 * third)),
    left,
    sentPackets: pair.counts.sent,
    lostPackets: pair.counts.lost,
    errors,
    breaches: [
      ...breaches(balance),
      ...(balance.unreportedBehind === 0 ? [] : [`${balance.unreportedBehind} unreported behind the last that came`]),
      ...left.map((kind) => `${kind} left open`),
      ...errors,
    ],
  };
}

/** Waits until nothing more holds the process than before, for 10 s at most, and says what does. */
async function remaining(before: ReadonlyMap<string, number>): Promise<string[]> {
  for (let turn = 0; ; turn += 1) {
    await sleep(100);
    const left = [...resources()].filter(([kind, count]) => count > (before.get(kind) ?? 0));
    if (left.length === 0 || turn === 100) return left.map(([kind, count]) => `${count} ${kind}`);
  }
}

function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}
