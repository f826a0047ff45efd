/**
 * Tries inputs on everything that takes bytes from outside, for so many minutes, and keeps each input that fails under
 * test/fuzz/failures, where `npm test` replays it for ever.
 *
 * `npm run fuzz -- [--minutes N] [--target NAME] [--seed S]`
 *
 * `npm run fuzz -- --containers N [--seed S]` inspects so many mutated MP4, MPEG-TS, Matroska and FLV files instead.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { temporaryFolder } from "@inband/rig/temporary-folder";
import { commandOptions } from "../../scripts/command-options.ts";
import { inspectMutants } from "./containers/inspect-mutants.ts";
import { findQuadratic } from "./cost.ts";
import { saveFailure } from "./failures.ts";
import { Seeds } from "./seeds.ts";
import { targets } from "./targets/index.ts";
import type { FuzzWork, Progress } from "./worker.ts";

/** An input of 64 KiB takes milliseconds; one that takes this long hangs. */
const hangMs = 30_000;
/** A container of 1 MiB takes a fraction of a second. */
const containerHangMs = 10_000;

const usage = `npm run fuzz -- [--minutes N] [--target NAME] [--seed S]
npm run fuzz -- --containers N [--seed S]

  --minutes N     how long inputs are tried, 1 by default
  --target NAME   one of: ${targets.map(({ name }) => name).join(", ")}
  --seed S        an integer, which makes the same inputs again
  --containers N  inspects so many mutated MP4, MPEG-TS, Matroska and FLV files instead`;
const values = commandOptions(usage, {
  minutes: { type: "string", default: "1" },
  target: { type: "string" },
  seed: { type: "string", default: String(Date.now() % 1_000_000_007) },
  containers: { type: "string" },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) stop("--minutes takes a positive number, --seed an integer");
if (chosen.length === 0) stop(`No target ${values.target}. There are: ${targets.map(({ name }) => name).join(", ")}`);

if (values.containers !== undefined) {
  const count = Number(values.containers);
  if (!(Number.isSafeInteger(count) && count > 0)) stop("--containers takes a positive number");
  process.exit(await fuzzContainers(count));
}

const endMs = Date.now() + minutes * 60_000;
const executions = new Map<string, number>(chosen.map(({ name }) => [name, 0]));
const slowest = new Map<string, number>();
let failures = 0;

console.log(
  `seed ${seed}, ${minutes} minutes, ${chosen.length} targets, ${new Seeds().corpusFiles} files from INBAND_CORPUS`,
);
if (values.target === undefined) {
  for (const finding of findQuadratic(minutes < 5 ? 8192 : 65_536)) {
    failures += 1;
    console.log(`FAILED ${finding}`);
  }
}
for (let round = 0; Date.now() < endMs; round += 1) await runWorker(round);
for (const [name, count] of executions) {
  console.log(`${name.padEnd(22)}${String(count).padStart(10)} executions, slowest ${slowest.get(name) ?? 0} ms`);
}
const total = [...executions.values()].reduce((sum, count) => sum + count, 0);
console.log(`${total} executions, ${failures} failures, seed ${seed}`);
process.exitCode = failures > 0 ? 1 : 0;

/** One worker until the time is over, or until an input hangs in it: then it is ended, and another goes on. */
function runWorker(round: number): Promise<void> {
  const work: FuzzWork = {
    targets: chosen.map(({ name }) => name),
    // Another seed: the same one would hang again.
    seed: round === 0 ? seed : seed + round * 1_000_003,
    endMs,
    current: new SharedArrayBuffer(1 << 20),
    counter: new SharedArrayBuffer(12),
  };
  const counter = new Int32Array(work.counter);
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: work });
  let before = -1;
  let sinceMs = Date.now();
  return new Promise((resolve, reject) => {
    const watch = setInterval(() => {
      const count = Atomics.load(counter, 0);
      if (count !== before) {
        before = count;
        sinceMs = Date.now();
      } else if (Date.now() - sinceMs > hangMs) {
        const target = work.targets[Atomics.load(counter, 2)] as string;
        const input = new Uint8Array(work.current).slice(0, Atomics.load(counter, 1));
        failures += 1;
        console.log(`FAILED ${target}: an input of ${input.length} bytes hangs: ${saveFailure({ target, input })}`);
        void worker.terminate();
      }
    }, 1000);
    worker.on("message", (message: Progress) => {
      if (message.kind === "executions") {
        executions.set(message.target, (executions.get(message.target) ?? 0) + message.executions);
        slowest.set(message.target, Math.max(slowest.get(message.target) ?? 0, message.slowestMs));
        return;
      }
      failures += 1;
      console.log(`FAILED ${message.target}: ${message.error}\n  ${saveFailure(message)}`);
    });
    worker.on("error", reject);
    worker.on("exit", () => {
      clearInterval(watch);
      resolve();
    });
  });
}

/** The exit code. */
async function fuzzContainers(count: number): Promise<number> {
  await using folder = await temporaryFolder();
  const startMs = Date.now();
  const failed = await inspectMutants(
    { seed, first: 0, end: count, hangMs: containerHangMs, folder: folder.path },
    (index) => {
      if ((index + 1) % 500 === 0)
        console.log(`${index + 1} of ${count}, ${Math.round((Date.now() - startMs) / 1000)} s`);
    },
  );
  for (const { index, error } of failed) console.log(`FAILED container ${index}: ${error}`);
  console.log(`${count} mutated containers, ${failed.length} failures, seed ${seed}`);
  return failed.length > 0 ? 1 : 0;
}

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}
