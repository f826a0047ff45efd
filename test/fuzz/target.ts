import type { Random } from "@inband/rig/random";

/** What is fuzzed: doors that take bytes from outside, and what must hold for any bytes. */
export interface Target {
  readonly name: string;
  /** An input with the structure that the doors expect, or close to it. */
  make(random: Random): Uint8Array;
  /** Throws when something does not hold. */
  check(input: Uint8Array): void;
}

/** A property that does not hold. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** Throws a {@link Violation} when the condition is false. */
export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Violation(what);
}

/** Throws a {@link Violation} unless the bytes are equal. */
export function sameBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  holds(actual.length === expected.length, `${what}: ${actual.length} bytes, expected ${expected.length}`);
  for (let index = 0; index < actual.length; index += 1) {
    holds(actual[index] === expected[index], `${what}: byte ${index} differs`);
  }
}

/** Throws a {@link Violation} unless the lists hold equal bytes. */
export function sameLists(actual: readonly Uint8Array[], expected: readonly Uint8Array[], what: string): void {
  holds(actual.length === expected.length, `${what}: ${actual.length} items, expected ${expected.length}`);
  for (const [index, item] of actual.entries())
    sameBytes(item, expected[index] as Uint8Array, `${what}, item ${index}`);
}

/** The result, or undefined when it throws its typed error; anything else that is thrown goes through. */
export function strict<T>(ErrorClass: new (...args: never[]) => Error, call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof ErrorClass) return undefined;
    throw error;
  }
}
