/**
 * Lets two peers talk for long: messages must go on coming once each, and memory must not grow.
 *
 * `npm run soak -- [--minutes N] [--seed S] [--nack]`
 *
 * @module
 */

import { percentile } from "@inband/rig/percentile";
import { commandOptions } from "../../scripts/command-options.ts";
import { soak } from "./soak.ts";

/** How much more memory the last third of the time may take than the second. */
const maxGrowth = 1.05;

const usage = `npm run soak -- [--minutes N] [--nack] [--seed S]

  --minutes N  how long, 5 by default
  --nack       lost packets are asked for again
  --seed S     an integer, which loses the same packets again`;
const values = commandOptions(usage, {
  minutes: { type: "string", default: "5" },
  seed: { type: "string", default: "1" },
  nack: { type: "boolean", default: false },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error("--minutes takes a positive number, --seed an integer");
  process.exit(2);
}

console.log(
  `${minutes} minutes of 30 frames and 20 messages a second, 5 % loss, one message in four without copies, NACK ${values.nack ? "on" : "off"}, seed ${seed}`,
);
const result = await soak({ seconds: minutes * 60, seed, nack: values.nack, progress: (line) => console.log(line) });
const { balance, breaches, growth, residentBytes } = result;
const isGrowing = !(growth <= maxGrowth);
console.log(`published         ${balance.published}`);
console.log(`delivered         ${balance.delivered}`);
console.log(`twice             ${balance.twice}`);
console.log(`corrupted         ${balance.corrupted}`);
console.log(`reported missing  ${balance.reported}`);
console.log(`not reported      ${balance.unreported}, and ${balance.unreportedAtEdges} at the ends`);
console.log(
  `latency           p50 ${percentile(balance.latenciesMs, 0.5).toFixed(1)} ms, p95 ${percentile(balance.latenciesMs, 0.95).toFixed(1)} ms`,
);
console.log(`packets           ${result.sentPackets}, ${result.lostPackets} lost`);
console.log(
  `resident memory   after collections ${mebibytes(Math.min(...residentBytes))} to ${mebibytes(Math.max(...residentBytes))} MiB`,
);
console.log(
  `growth            ${((growth - 1) * 100).toFixed(2)} % from the second third to the last${isGrowing ? ", more than 5 %" : ""}`,
);
console.log(breaches.length === 0 ? "no promise broken" : `BROKEN: ${breaches.join(", ")}`);
if (isGrowing || breaches.length > 0) process.exitCode = 1;

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
