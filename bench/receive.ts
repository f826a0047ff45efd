import { setTimeout as sleep } from "node:timers/promises";
import { SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/subscriber/werift";
import { cpuPerPacket, type Load } from "./cpu.ts";
import { descriptionOf, newPeer, startFarPeer } from "./peers.ts";
import { atMost, type Benchmark, type Outcome, type Row, withNoise } from "./row.ts";

/** A werift receiver with a subscriber beside one without, on the same connection, by turns; the sender is another process. */
export const receive: Benchmark = {
  name: "receive",
  async run(): Promise<Outcome> {
    return { rows: [await measureReceiving(0), await measureReceiving(0.05)] };
  },
};

async function measureReceiving(loss: number): Promise<Row> {
  const sender = startFarPeer("sender", loss);
  const pc = newPeer();
  const subscriber = new SeiSubscriber();
  try {
    let messages = 0;
    subscriber.on("message", () => {
      messages += 1;
    });
    let packets = 0;
    const flowing = Promise.withResolvers<void>();
    pc.onTrack.subscribe((track) => {
      track.onReceiveRtp.subscribe(() => {
        packets += 1;
        flowing.resolve();
      });
    });
    await pc.setRemoteDescription(await sender.next());
    const transceiver = pc.getTransceivers()[0];
    if (!transceiver) throw new Error("The offer has no video");
    await pc.setLocalDescription(await pc.createAnswer());
    sender.say(descriptionOf(pc));
    await Promise.race([flowing.promise, tooLate()]);
    let attachment: Disposable | undefined;
    const alone: Load = { start: () => undefined, stop: () => undefined, packets: () => packets };
    const ours: Load = {
      start() {
        attachment = subscriber.attach(weriftFeed(transceiver));
      },
      stop: () => attachment?.[Symbol.dispose](),
      packets: () => packets,
    };
    const cost = await cpuPerPacket({ ours, alone });
    if (messages === 0) throw new Error("The subscriber received no message");
    const what = loss === 0 ? "clean" : `${loss * 100} % loss`;
    const anchor = "werift's track.onReceiveRtp alone";
    return withNoise(atMost(`receive, CPU per packet, ${what}`, cost.ours, anchor, cost.alone, 1.1), cost.again);
  } finally {
    subscriber.close();
    await pc.close();
    await sender[Symbol.asyncDispose]();
  }
}

async function tooLate(): Promise<never> {
  await sleep(10_000, undefined, { ref: false });
  throw new Error("No packet came within 10 s");
}
