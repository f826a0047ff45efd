import { expect, it } from "vitest";
import { chaos } from "./chaos.ts";

it("joins, leaves, vanishings and requests of a stranger disturb nobody who stays, and leave nothing on a stage that is closed", async () => {
  const { steady, left, errors, published, flood } = await chaos({
    ...{ operations: 20, rounds: 1, seed: 3, pauseMs: 50 },
    ...{ waits: false, requests: 600 },
  });
  expect(errors).toEqual([]);
  expect(flood.answers).toEqual({ "401 malformed": 500, "404 not-found": 100 });
  expect(published).toBeGreaterThan(0);
  expect(steady).toEqual(steady.map(() => ({ lost: 0, twice: 0 })));
  expect(left).toEqual([]);
});
