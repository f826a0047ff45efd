import { expect, it } from "vitest";
import { restart } from "./restart.ts";

it("participants exchange messages again when their stage, killed or closed, is back, and know what was lost", async () => {
  const results = await Promise.all([restart("killed", 1000), restart("closed", 1000)]);
  for (const { accounts, retainedCopies, errors } of results) {
    expect(retainedCopies).toBe(1);
    expect(errors.length).toBeGreaterThan(0);
    for (const { twice, received, sentInVain, reported } of accounts) {
      expect(twice).toBe(0);
      expect(received).toBeGreaterThan(10);
      expect(reported).toBeGreaterThanOrEqual(sentInVain);
    }
  }
});
