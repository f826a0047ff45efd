import { median } from "@inband/rig/percentile";

/** What the measured functions return is added up here, so that no engine may leave them out. */
let sink = 0;

/** Shorter than a time slice of the scheduler, so that most turns run undisturbed on a busy machine. */
const turnMs = 1.2;
const warmUpMs = 60;

/**
 * Median microseconds of one call of each function.
 *
 * The functions take turns, so that a busy moment of the machine falls on all of them. Each must return a number that
 * depends on its work.
 */
export function measure<Name extends string>(
  functions: Readonly<Record<Name, () => number>>,
  rounds = 151,
): Record<Name, number> {
  // What was measured before shall not be collected in these turns (node --expose-gc; pages have none).
  (globalThis as { gc?: () => void }).gc?.();
  const names = Object.keys(functions) as Name[];
  const repeats = new Map<Name, number>();
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (const name of names) repeats.set(name, warmUp(functions[name]));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(turn + round) % names.length] as Name;
      times.get(name)?.push(time(functions[name], repeats.get(name) as number));
    }
  }
  if (Number.isNaN(sink)) throw new Error("A measured function did not return a number");
  return Object.fromEntries(names.map((name) => [name, median(times.get(name) as number[])])) as Record<Name, number>;
}

/** Runs long enough for the optimizing compiler; returns how many calls fill a turn. */
function warmUp(call: () => number): number {
  let calls = 1;
  for (;;) {
    const elapsedMs = (time(call, calls) * calls) / 1000;
    if (elapsedMs >= warmUpMs) return Math.max(1, Math.round((calls * turnMs) / elapsedMs));
    calls *= 2;
  }
}

function time(call: () => number, calls: number): number {
  let sum = 0;
  const start = performance.now();
  for (let i = 0; i < calls; i += 1) sum += call();
  const elapsed = performance.now() - start;
  sink += sum;
  return (elapsed * 1000) / calls;
}
