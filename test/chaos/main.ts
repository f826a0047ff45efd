/**
 * Lets participants come, go and vanish in random order on a stage, while messages flow: those who stay must get every one,
 * and the stage must hold no more than before. Then a stage ends under two participants, and is back after three seconds.
 *
 * `npm run chaos -- [--operations N] [--rounds N] [--seed S]`
 *
 * @module
 */
import { commandOptions } from "../../scripts/command-options.ts";
import { chaos, more } from "./chaos.ts";
import { restart } from "./restart.ts";

/** How much more resident memory a later round may take than the first. */
const maxGrowth = 1.1;

/** Of a stranger, who has no token. */
const requests = 10_000;
/** Within this the participants exchange messages again when a stage is back, in milliseconds. */
const againWithinMs = 10_000;
const downMs = 3000;

const usage = `npm run chaos -- [--operations N] [--rounds N] [--seed S]

  --operations N  joins, leaves and vanishings in a round, 200 by default
  --rounds N      2 by default
  --seed S        an integer, which has the same ones come and go again`;
const values = commandOptions(usage, {
  operations: { type: "string", default: "200" },
  rounds: { type: "string", default: "2" },
  seed: { type: "string", default: "7" },
});
const [operations, rounds, seed] = [values.operations, values.rounds, values.seed].map(Number) as [
  number,
  number,
  number,
];
if (!(operations >= 1) || !(rounds >= 2) || !Number.isSafeInteger(seed)) {
  console.error("--operations takes a number of 1 or more, --rounds one of 2 or more, --seed an integer");
  process.exit(2);
}

console.log(`${rounds} rounds of ${operations} operations, seed ${seed}`);
const result = await chaos({
  operations,
  rounds,
  seed,
  pauseMs: 150,
  requests,
  waits: true,
  progress: (line) => console.log(line),
});
const { counts, flood, reports, left, published, steady, errors } = result;
const [before, first] = reports as [(typeof reports)[0], (typeof reports)[0]];
const growth = Math.max(...reports.slice(2).map(({ memory }) => memory.residentBytes)) / first.memory.residentBytes;
const held = reports.slice(1).flatMap((report) => more(report, before));
console.log(
  `operations        ${Object.entries(counts)
    .map(([what, count]) => `${what} ${count}`)
    .join(", ")}`,
);
const lines: [string, string, boolean][] = [
  [
    "steady",
    steady.map(({ lost, twice }) => `${published - lost} of ${published}, ${twice} twice`).join("; "),
    steady.every(({ lost, twice }) => lost + twice === 0),
  ],
  ["held after rounds", held.join(", ") || "nothing", held.length === 0],
  ["left when closed", left.join(", ") || "nothing", left.length === 0],
  ["resident memory", `${growth.toFixed(3)} times that after the first round`, growth <= maxGrowth],
  [
    "refused",
    `${Object.entries(flood.answers)
      .map(([answer, count]) => `${count} x ${answer}`)
      .join(", ")}, in ${flood.seconds.toFixed(1)} s`,
    Object.keys(flood.answers).every((answer) => /^4\d\d \S/.test(answer)),
  ],
  ["errors", errors.join("; ") || "none", errors.length === 0],
];
for (const how of ["killed", "closed"] as const) {
  const { accounts, retainedCopies } = await restart(how, downMs);
  const again = accounts.map(({ againAfterMs }) => `${(againAfterMs / 1000).toFixed(1)} s`).join(" and ");
  const lost = accounts.map(
    ({ published, received, notSent, sentInVain, reported }) =>
      `${received} of ${published} came, ${notSent} not sent by their receipts, ${sentInVain} sent in vain, ${reported} reported missing`,
  );
  const isMet = accounts.every(
    ({ againAfterMs, twice, sentInVain, reported }) =>
      againAfterMs <= againWithinMs && twice === 0 && reported >= sentInVain,
  );
  lines.push([
    `stage ${how}`,
    `messages again after ${again}, retained ones too; ${lost.join("; ")}`,
    isMet && retainedCopies === 1,
  ]);
}
for (const [what, figure, isMet] of lines) console.log(`${what.padEnd(18)}${figure}${isMet ? "" : "  NOT MET"}`);
if (lines.some(([, , isMet]) => !isMet)) process.exitCode = 1;
