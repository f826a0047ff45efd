/**
 * Measures what arrives when packets are lost: in virtual time with a receiver in Node, and over real peers.
 *
 * `npm run loss -- [--short] [--virtual] [--schedules] [--seed S]`
 *
 * @module
 */
import { setImmediate as breathe } from "node:timers/promises";
import { parseArgs } from "node:util";
import {
  delivery,
  deliveryWithin,
  lossRates,
  percentiles,
  repetitions,
  schedules,
  virtualRow,
} from "./virtual-cells.ts";

const { values } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    schedules: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
  },
});
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed)) {
  console.error("--seed takes an integer");
  process.exit(2);
}
let breached = 0;

if (values.schedules) await compareSchedules(values.short ? 2000 : 10_000);
else await virtual(values.short ? 3000 : 25_000);
process.exit(breached > 0 ? 1 : 0);

async function virtual(messages: number): Promise<void> {
  for (const burst of [1, 3, 8]) {
    for (const rate of lossRates.filter((rate) => burst === 1 || rate > 0)) {
      for (const repetition of repetitions) {
        print(virtualRow(repetition, { rate, burst }, messages, { seed }));
        // What has been settled is let go of.
        await breathe();
      }
    }
  }
}

async function compareSchedules(messages: number): Promise<void> {
  for (const receiver of ["packets", "frames"] as const) {
    for (const burst of [1, 3, 8]) {
      for (const repetition of schedules) {
        print(virtualRow(repetition, { rate: 0.1, burst }, messages, { seed, receiver, spacing: 3 }));
        await breathe();
      }
    }
  }
}

function print({ repetition, loss, receiver, seed, result, breaches }: ReturnType<typeof virtualRow>): void {
  const [p50, p95, p99] = percentiles(result);
  const columns = [
    receiver.padEnd(8),
    `${loss.rate * 100} %`.padStart(5),
    (loss.burst === 1 ? "random" : `bursts of ${loss.burst}`).padEnd(12),
    repetition.name.padEnd(28),
    `${(100 * delivery(result)).toFixed(3)} %`.padStart(10),
    `${(100 * deliveryWithin(result, 150)).toFixed(2)} % in 150 ms`.padStart(18),
    `${p50.toFixed(0)}/${p95.toFixed(0)}/${p99.toFixed(0)} ms`.padStart(15),
    `${result.bytesPerMessage.toFixed(0)} B`.padStart(6),
    `${result.published - result.delivered} lost, ${result.unreportedAtEdges} of them unreported at an end`,
  ];
  console.log(columns.join("  "));
  if (breaches.length > 0) {
    breached += 1;
    console.log(`BROKEN, seed ${seed}: ${breaches.join(", ")}`);
  }
}
