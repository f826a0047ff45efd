import { type FanOutFigures, SenderProcess } from "./fan-out-peers.ts";
import { atLeast, atMost, type Benchmark, compared, type FanOut, type Outcome, withNoise } from "./row.ts";

const subscriberCounts = [10, 40, 80] as const;

/**
 * One stream of 2 Mbit/s with a message in each picture to many subscribers, over werift and over node-datachannel: CPU
 * time of the sending process, beside the same stream without messages. The receivers are another process.
 */
export const fanOut: Benchmark = {
  name: "fan-out",
  async run(): Promise<Outcome> {
    await using werift = new SenderProcess("werift");
    await using native = new SenderProcess("node-datachannel");
    const figures: FanOut[] = [];
    for (const count of subscriberCounts) {
      // By turns, so that both find the machine in about the same state.
      figures.push({ werift: await werift.measure(count), native: await native.measure(count) });
    }
    return { rows: figures.flatMap(rowsOf), fanOut: figures };
  },
};

function rowsOf({ werift, native }: FanOut): Outcome["rows"] {
  const what = (carrier: string, { subscribers, speed }: FanOutFigures): string =>
    `fan-out to ${subscribers}, ${carrier}, CPU per packet${speed === 1 ? "" : `, at ${speed} of the pictures a second`}`;
  const [ofWerift, ofNative] = [what("werift", werift), what("node-datachannel", native)];
  const weriftAlone = "werift's H264Packetizer and track.writeRtp, no messages";
  const nativeAlone = "node-datachannel's H264RtpPacketizer, no messages";
  return [
    withNoise(atMost(ofWerift, werift.packet.ours, weriftAlone, werift.packet.plain, 1.05), werift.packet.again),
    withNoise(compared(ofNative, native.packet.ours, nativeAlone, native.packet.plain), native.packet.again),
    atLeast(ofNative, native.packet.ours, "inband over werift", werift.packet.ours, 3),
  ];
}
