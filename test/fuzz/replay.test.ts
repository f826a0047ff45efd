import { describe, expect, it } from "vitest";
import { savedFailures } from "./failures.ts";
import { failureOf } from "./fuzzer.ts";
import { targets } from "./targets/index.ts";

describe("an input that once failed", () => {
  it.each(savedFailures().map(({ file, target, input }) => [file, target, input] as const))(
    "holds for ever: %s",
    (_, name, input) => {
      const target = targets.find((other) => other.name === name);
      expect(target, `there is no target ${name}`).toBeDefined();
      if (target !== undefined) expect(failureOf(target, input)).toBeUndefined();
    },
  );
});
