import { setTimeout as sleep } from "node:timers/promises";
import { answer, loopbackPeer } from "@inband/rig/werift/peer";
import { SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/werift";
import type { RTCRtpTransceiver } from "werift";
import { cpuPerPacket, type Load } from "./cpu.ts";
import { startFarPeer } from "./peers.ts";
import { atMost, type Benchmark, type Outcome, type Row, withNoise } from "./row.ts";

/** Windows of each: single ones differ by a tenth. */
const rounds = 31;

/**
 * A werift receiver with a subscriber beside one without, by turns. Each has a connection and a sender of its own, in
 * another process, and keeps them: a subscriber that came and went on one connection would leave werift's NACK with the
 * packets of its turn for lost, and blind until the sequence numbers come round where they wrapped in it.
 */
export const receive: Benchmark = {
  name: "receive",
  async run(): Promise<Outcome> {
    return { rows: [await measureReceiving(0), await measureReceiving(0.05)] };
  },
};

async function measureReceiving(loss: number): Promise<Row> {
  const subscriber = new SeiSubscriber();
  await using ours = await startReceiver(loss);
  await using alone = await startReceiver(loss);
  try {
    let messages = 0;
    subscriber.on("message", () => {
      messages += 1;
    });
    subscriber.attach(weriftFeed(ours.transceiver));
    const cost = await cpuPerPacket({ ours, alone }, rounds);
    if (messages === 0) throw new Error("The subscriber received no message");
    const what = loss === 0 ? "clean" : `${loss * 100} % loss`;
    const anchor = "werift's track.onReceiveRtp alone";
    return withNoise(atMost(`receive, CPU per packet, ${what}`, cost.ours, anchor, cost.alone, 1.1), cost.again);
  } finally {
    subscriber.close();
  }
}

interface Receiver extends Load, AsyncDisposable {
  readonly transceiver: RTCRtpTransceiver;
}

/** A receiver and its sender, which pauses until its turn. */
async function startReceiver(loss: number): Promise<Receiver> {
  const sender = startFarPeer("sender", loss);
  const pc = loopbackPeer();
  let packets = 0;
  const flowing = Promise.withResolvers<void>();
  pc.onTrack.subscribe((track) => {
    track.onReceiveRtp.subscribe(() => {
      packets += 1;
      flowing.resolve();
    });
  });
  const dispose = async (): Promise<void> => {
    await pc.close();
    await sender[Symbol.asyncDispose]();
  };
  try {
    sender.say(await answer(pc, await sender.next()));
    const transceiver = pc.getTransceivers()[0];
    if (!transceiver) throw new Error("The offer has no video");
    await Promise.race([flowing.promise, tooLate()]);
    sender.say({ type: "flow", isOn: false });
    return {
      transceiver,
      start: () => sender.say({ type: "flow", isOn: true }),
      stop: () => sender.say({ type: "flow", isOn: false }),
      packets: () => packets,
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function tooLate(): Promise<never> {
  await sleep(10_000, undefined, { ref: false });
  throw new Error("No packet came within 10 s");
}
