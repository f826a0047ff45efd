import { startVideoRoom } from "@inband/rig/janus/video-room";
import { isInstalled } from "@inband/rig/program";
import { SeparateStage } from "@inband/rig/stage/separate-stage";
import { type Benchmark, compared, type Outcome, type Row, withNoise } from "./row.ts";
import { StageFanOut, type StageFigures } from "./stage-fan-out.ts";

const subscriberCounts = [1, 10, 40, 80] as const;

/**
 * One publisher of 2 Mbit/s with a message in each picture to many subscribers, through a stage and through the VideoRoom of
 * Janus: what the server adds to the latency, beside a connection without it, and its CPU time.
 */
export const stage: Benchmark = {
  name: "stage",
  async run(): Promise<Outcome> {
    await using janus = isInstalled("janus", "--help") ? await startVideoRoom() : undefined;
    await using stage = await SeparateStage.start({ maxSubscriptions: Math.max(...subscriberCounts) });
    await using fanOut = new StageFanOut(stage, janus);
    await fanOut.publish();
    const figures: StageFigures[] = [];
    for (const count of subscriberCounts) figures.push(await fanOut.measure(count));
    return { rows: figures.flatMap(rowsOf), stages: figures };
  },
};

function rowsOf({ subscribers, speed, stage, janus, again, janusVersion }: StageFigures): Row[] {
  const what = `stage to ${subscribers}${speed === 1 ? "" : `, at ${speed} of the pictures a second`}`;
  const row = (name: string, ours: number, anchor = Number.NaN, once = Number.NaN): Row =>
    withNoise(compared(`${what}, ${name}`, ours, janusVersion, anchor), once);
  const latency = (name: "p50" | "p95" | "p99"): Row =>
    row(
      `added latency, ${name}`,
      stage.latenciesMs[name] * 1000,
      janus && janus.latenciesMs[name] * 1000,
      again && again.latenciesMs[name] * 1000,
    );
  return [
    latency("p50"),
    latency("p95"),
    latency("p99"),
    row("CPU per packet", stage.packetUs, janus?.packetUs, again?.packetUs),
  ];
}
