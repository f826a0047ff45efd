import { Random, seedOf } from "@inband/rig/random";
import { maxInputBytes, mutate } from "./mutate.ts";
import type { Seeds } from "./seeds.ts";
import { shrink } from "./shrink.ts";
import type { Target } from "./target.ts";

/** An input for which a property of a target does not hold. */
export interface Failure {
  readonly target: string;
  /** Made smaller. */
  readonly input: Uint8Array;
  readonly error: unknown;
}

/** Tries inputs on one target. The n-th input depends on the seed, the target and the seeds alone. */
export class Fuzzer {
  readonly #target: Target;
  readonly #seed: number;
  readonly #seeds: Seeds;
  readonly #begin: (input: Uint8Array) => void;
  readonly #known = new Set<string>();
  executions = 0;

  /** `begin` is told each input before it is tried. */
  constructor(target: Target, seed: number, seeds: Seeds, begin: (input: Uint8Array) => void = () => undefined) {
    this.#target = target;
    this.#seed = seed;
    this.#seeds = seeds;
    this.#begin = begin;
  }

  /** Tries so many inputs; what fails in a new way. */
  run(executions: number): Failure[] {
    const failures: Failure[] = [];
    for (const end = this.executions + executions; this.executions < end; this.executions += 1) {
      const input = this.#input(new Random(seedOf(this.#seed, this.#target.name, this.executions)));
      this.#begin(input);
      const error = failureOf(this.#target, input);
      if (error === undefined) continue;
      const kind = kindOf(error);
      if (this.#known.has(kind)) continue;
      this.#known.add(kind);
      const fails = (smaller: Uint8Array): boolean => {
        this.#begin(smaller);
        const other = failureOf(this.#target, smaller);
        return other !== undefined && kindOf(other) === kind;
      };
      failures.push({ target: this.#target.name, input: shrink(input, fails), error });
    }
    return failures;
  }

  #input(random: Random): Uint8Array {
    const kind = random.integer(0, 9);
    if (kind < 4) return this.#target.make(random).slice(0, maxInputBytes);
    if (kind < 8) return mutate(random, this.#target.make(random), this.#target.make(random));
    const seed = this.#seeds.pick(random);
    return kind === 8 ? seed : mutate(random, seed, this.#target.make(random));
  }
}

/** What a target throws for an input, undefined when all holds. */
export function failureOf(target: Target, input: Uint8Array): unknown {
  try {
    target.check(input.slice());
    return undefined;
  } catch (error) {
    return error ?? new Error("nothing was thrown, by name");
  }
}

/** Two failures with the same words, figures aside, are one. */
function kindOf(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).replace(/\d+/g, "N");
}
