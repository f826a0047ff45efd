import { resolve } from "node:path";
import { openPage } from "@inband/rig/chromium/test-page";
import { servedStage } from "@inband/rig/stage/served-stage";
import { describe, expect, it, vi } from "vitest";

const entry = resolve(import.meta.dirname, "pages/whip.ts");

describe("connectWhip in a page whose server redirects to a stage of another origin", () => {
  it("takes the token along to the same host, and leaves there", async () => {
    const { stage, url } = await servedStage();
    const page = await openPage(entry, { redirects: new Map([["whip", `${url}/publish/alice`]]) });
    const token = await stage.createToken({ participantId: "alice", url });
    expect(await page.evaluate((token) => publishAt("/whip", token), token)).toMatch(`${url}/publish/alice/`);
    expect(stage.participants()).toHaveLength(1);
    await page.goto("about:blank");
    await vi.waitUntil(() => stage.participants().length === 0);
  });

  it("keeps the token from a host that it was not given for", async () => {
    const { stage, url } = await servedStage();
    const elsewhere = url.replace("127.0.0.1", "localhost");
    const page = await openPage(entry, { redirects: new Map([["whip", `${elsewhere}/publish/alice`]]) });
    const token = await stage.createToken({ participantId: "alice", url });
    expect(await page.evaluate((token) => publishAt("/whip", token), token)).toMatch(/RemoteError: .*trustedHosts/);
    expect(await page.evaluate((token) => publishAt("/whip", token, ["localhost"]), token)).toMatch(
      `${elsewhere}/publish/alice/`,
    );
  });
});
