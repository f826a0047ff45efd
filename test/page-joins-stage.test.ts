import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { SeiPublisher } from "@inband/publisher";
import { openPage } from "@inband/rig/chromium/test-page";
import { hangMs } from "@inband/rig/hang";
import { expiredToken } from "@inband/rig/stage/expired-token";
import { servedStage } from "@inband/rig/stage/served-stage";
import { newVideo } from "@inband/rig/werift/test-peer";
import { joinStage } from "@inband/stage/client";
import { createStage, serveStage } from "@inband/stage/server";
import { SeiSubscriber } from "@inband/subscriber";
import type { Page } from "playwright";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { playClip } from "./interop/clip-player.ts";

const entry = resolve(import.meta.dirname, "pages/join-stage.ts");
const patience = { timeout: hangMs, interval: 20 };

/** A participant in Node that publishes and receives. */
async function joinInNode(token: string) {
  const video = newVideo();
  onTestFinished((await playClip(video)).stop);
  const publisher = new SeiPublisher<string>();
  publisher.attach(video);
  const subscriber = new SeiSubscriber<string>();
  const heard: string[] = [];
  subscriber.on("message", ({ feed, value }) => heard.push(`${feed}: ${value}`));
  subscriber.on("error", () => {});
  publisher.on("error", () => {});
  const stage = await joinStage({ token, publish: video, subscribe: subscriber });
  onTestFinished(async () => {
    await stage.leave();
    publisher.close();
    subscriber.close();
  });
  return { publisher, heard, stage };
}

async function stageOf() {
  const { stage, url } = await servedStage();
  const token = (participantId: string, more: object = {}) => stage.createToken({ url, participantId, ...more });
  return { stage, url, token };
}

async function joinInPage(token: string, wants: { publish?: boolean; from?: string } = {}): Promise<Page> {
  const page = await openPage(entry);
  expect(await page.evaluate(([token, wants]) => join(token, wants), [token, wants] as const)).toBe("joined");
  return page;
}

const eventually = (page: Page, holds: () => boolean) => page.waitForFunction(holds, undefined, { timeout: hangMs });

/** A stage that can be closed and begun again at its address, where its tokens stay valid. */
async function restartableStage() {
  const secret = randomBytes(32);
  const begin = async (port = 0) => {
    const stage = createStage({ secret, topic: "test" });
    return { stage, served: await serveStage(stage, { port }) };
  };
  let now = await begin();
  const end = async () => {
    await now.stage.close();
    await now.served.close();
  };
  onTestFinished(end);
  const { url } = now.served;
  return {
    token: (participantId: string) => now.stage.createToken({ url, participantId }),
    async restart() {
      await end();
      now = await begin(Number(new URL(url).port));
    },
  };
}

describe("joinStage in a page", () => {
  it("publishes, receives, hands over the tracks, tells who comes and goes, and leaves", async () => {
    const { stage, token } = await stageOf();
    const alice = await joinInPage(await token("alice"));
    const bob = await joinInNode(await token("bob"));
    bob.publisher.publish("from Node", { retain: true, topic: "greeting" });
    await alice.evaluate(() => say("from the page", "greeting"));
    await eventually(alice, () => heard().length > 0 && presented().length > 0 && tracks().length > 0);
    await vi.waitUntil(() => bob.heard.length > 0, patience);
    expect(await alice.evaluate(() => [heard(), presented(), tracks(), everybody(), noVideo()])).toEqual([
      ["bob: from Node"],
      ["from Node"],
      ["bob video"],
      ["alice", "bob"],
      undefined,
    ]);
    expect(bob.heard).toEqual(["alice: from the page"]);
    await bob.stage.leave();
    await eventually(alice, () => told().includes("left bob"));
    await alice.evaluate(() => leave());
    expect(await alice.evaluate(() => ending())).toBe("left");
    await vi.waitUntil(() => stage.participants().length === 0, patience);
  });

  it("shows one page to another, only whom it wants, and is gone when it is closed", async () => {
    const { stage, token } = await stageOf();
    const alice = await joinInPage(await token("alice"));
    await joinInNode(await token("bob"));
    const carol = await joinInPage(await token("carol"), { publish: false, from: "alice" });
    await eventually(carol, () => framesShown() > 5);
    await alice.evaluate(() => say("seen"));
    await eventually(carol, () => presented().includes("seen"));
    expect(await carol.evaluate(() => tracks())).toEqual(["alice video"]);
    await alice.goto("about:blank");
    await vi.waitUntil(() => stage.participants().every(({ participantId }) => participantId !== "alice"), patience);
    await eventually(carol, () => told().includes("left alice"));
  });

  it("says what is wrong with a token, and goes on with another one", async () => {
    const { stage, url, token } = await stageOf();
    const page = await openPage(entry);
    const joining = (text: string) => page.evaluate((text) => join(text), text);
    expect(await joining("nonsense")).toMatch(/^TokenError malformed/);
    expect(await joining(await expiredToken(stage, { url, participantId: "alice" }))).toMatch(/^TokenError expired/);
    const forged = await createStage().createToken({ url, participantId: "alice" });
    expect(await joining(forged)).toMatch(/^TokenError bad-signature/);
    let asked = 0;
    await page.exposeFunction("anotherToken", () =>
      asked++ === 0 ? expiredToken(stage, { url, participantId: "alice" }) : token("alice"),
    );
    expect(await joining("")).toBe("joined");
    expect(asked).toBe(2);
    const exchanging = (text: string) => page.evaluate((text) => exchange(text), text);
    expect(await exchanging(await token("bob"))).toMatch(/^RemoteError .*another participant/);
    expect(await exchanging(await token("alice", { userId: "Alice" }))).toBe("taken");
    expect(stage.participants()[0]?.userId).toBe("Alice");
    stage.kick("alice");
    await eventually(page, () => ending() !== undefined);
    expect(await page.evaluate(() => ending())).toMatch(/^RemovedError removed/);
  });

  it("connects again when the stage was closed and is back, retained messages too, none twice", async () => {
    const { token, restart } = await restartableStage();
    const alice = await joinInPage(await token("alice"));
    const bob = await joinInNode(await token("bob"));
    await alice.evaluate(() => say("before", "state"));
    await vi.waitUntil(() => bob.heard.includes("alice: before"), patience);
    await restart();
    const calling = setInterval(() => {
      bob.publisher.publish("after, from Node");
      void alice.evaluate(() => say("after, from the page")).catch(() => {});
    }, 200);
    onTestFinished(() => clearInterval(calling));
    await eventually(alice, () => heard().includes("bob: after, from Node"));
    await vi.waitUntil(() => bob.heard.includes("alice: after, from the page"), patience);
    clearInterval(calling);
    expect(await alice.evaluate(() => told())).toEqual(
      expect.arrayContaining(["reconnecting events", "reconnecting publish", "connected publish"]),
    );
    expect(bob.heard.filter((text) => text === "alice: before")).toHaveLength(1);
    const carol = await joinInPage(await token("carol"), { publish: false, from: "alice" });
    await eventually(carol, () => heard().includes("alice: before"));
  });

  it("is shown and sees again when its stage is back, though its publisher and its subscriber were closed", async () => {
    const { token, restart } = await restartableStage();
    const alice = await joinInPage(await token("alice"));
    await joinInNode(await token("bob"));
    await eventually(alice, () => tracks().length === 1);
    await alice.evaluate(() => closeMessages());
    await restart();
    await eventually(alice, () => told().includes("connected publish") && tracks().length === 2);
  });
});
