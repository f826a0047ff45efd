import { parentPort, workerData } from "node:worker_threads";
import { Fuzzer } from "./fuzzer.ts";
import { Seeds } from "./seeds.ts";
import { targets } from "./targets/index.ts";

/** What a worker of the long run is told. */
export interface FuzzWork {
  readonly targets: readonly string[];
  readonly seed: number;
  readonly endMs: number;
  /** Holds the input that is being tried. */
  readonly current: SharedArrayBuffer;
  /** Three int32: the inputs tried so far, the length of this one, the index of its target. */
  readonly counter: SharedArrayBuffer;
}

/** What a worker of the long run says. */
export type Progress =
  | {
      readonly kind: "executions";
      readonly target: string;
      readonly executions: number;
      readonly slowestMs: number;
    }
  | { readonly kind: "failure"; readonly target: string; readonly input: Uint8Array; readonly error: string };

const sliceMs = 250;

const work = workerData as FuzzWork;
const current = new Uint8Array(work.current);
const counter = new Int32Array(work.counter);
const seeds = new Seeds();
const post = (progress: Progress): void => parentPort?.postMessage(progress);

const fuzzers = work.targets.flatMap((name, index) => {
  const target = targets.find((other) => other.name === name);
  if (target === undefined) return [];
  const fuzzer = new Fuzzer(target, work.seed, seeds, (input) => {
    current.set(input);
    Atomics.store(counter, 1, input.length);
    Atomics.store(counter, 2, index);
    Atomics.add(counter, 0, 1);
  });
  return [{ name, fuzzer }];
});

while (Date.now() < work.endMs) {
  for (const { name, fuzzer } of fuzzers) {
    const endMs = Math.min(work.endMs, Date.now() + sliceMs);
    const before = fuzzer.executions;
    let slowestMs = 0;
    for (let startMs = Date.now(); startMs < endMs; ) {
      for (const { input, target, error } of fuzzer.run(1)) {
        const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
        post({ kind: "failure", target, input, error: words });
      }
      const nowMs = Date.now();
      slowestMs = Math.max(slowestMs, nowMs - startMs);
      startMs = nowMs;
    }
    post({ kind: "executions", target: name, executions: fuzzer.executions - before, slowestMs });
  }
}
