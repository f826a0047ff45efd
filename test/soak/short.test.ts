import { describe, expect, it } from "vitest";
import { soak } from "./soak.ts";

describe("two werift peers that lose 5 % of their packets, for five seconds and a pause", () => {
  it("deliver nothing twice, report what is lost, keep no timer or socket when closed, and stay within 200 MB more", async () => {
    const before = process.memoryUsage.rss();
    const { balance, breaches } = await soak({ seconds: 5, seed: 7, nack: false });
    expect(breaches).toEqual([]);
    expect(balance.published).toBe(100);
    expect(balance.delivered + balance.reported + balance.unreportedAtEdges).toBe(balance.published);
    expect(process.memoryUsage.rss() - before).toBeLessThan(200_000_000);
  });
});
