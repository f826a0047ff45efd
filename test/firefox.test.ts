import { resolve } from "node:path";
import { dataChannelCarrier, videoWithChannel } from "@inband/data-channel";
import { SeiPublisher } from "@inband/publisher";
import { servePage } from "@inband/rig/chromium/page-server";
import { findFirefox, launchFirefox } from "@inband/rig/firefox/firefox";
import { hangMs } from "@inband/rig/hang";
import { servedStage } from "@inband/rig/stage/served-stage";
import { descriptionOf } from "@inband/rig/werift/peer";
import { newVideo, peer } from "@inband/rig/werift/test-peer";
import { joinStage } from "@inband/stage/client";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, describe, expect, it, onTestFinished, type TestContext } from "vitest";
import { playClip } from "./interop/clip-player.ts";

const executable = findFirefox();
let firefox: Promise<Browser> | undefined;

afterAll(async () => (await firefox)?.close());

/** A page in the Firefox that is installed, whose only script is a module of `pages/`. */
async function openInFirefox({ skip }: Pick<TestContext, "skip">, entry: string): Promise<Page> {
  if (executable === undefined) return skip("Firefox is unavailable: FIREFOX_PATH may name one");
  firefox ??= launchFirefox(executable);
  const served = await servePage(resolve(import.meta.dirname, "pages", entry));
  const page = await (await firefox).newPage();
  onTestFinished(async () => {
    await page.close();
    await served[Symbol.asyncDispose]();
  });
  await page.goto(served.url);
  return page;
}

/** alice on a stage, with messages in real H.264. */
async function aliceOnStage() {
  const { stage, url } = await servedStage();
  const token = (participantId: string) => stage.createToken({ url, participantId });
  const video = newVideo();
  onTestFinished((await playClip(video)).stop);
  const publisher = new SeiPublisher<string>();
  publisher.attach(video);
  const alice = await joinStage({ token: await token("alice"), publish: video });
  onTestFinished(async () => {
    await alice.leave();
    publisher.close();
  });
  return { stage, token, publisher };
}

describe("Firefox without H.264", () => {
  it("joins a stage, gets every message by a data channel, and is told that no video comes", async (context) => {
    const page = await openInFirefox(context, "join-stage.ts");
    const { token, publisher } = await aliceOnStage();
    publisher.publish("retained", { retain: true, topic: "state" });
    const joined = await page.evaluate((token) => join(token, { publish: false }), await token("firefox"));
    expect([joined, await page.evaluate(() => noVideo())]).toEqual([
      "joined",
      "this browser has no H.264 for WebRTC; it named VP8, VP9, AV1",
    ]);
    await page.waitForFunction(() => heard().length === 1, { timeout: hangMs });
    const texts = Array.from({ length: 50 }, (_, index) => `message ${index}`);
    for (const text of texts) publisher.publish(text);
    await page.waitForFunction(() => heard().length === 51, { timeout: hangMs });
    expect(await page.evaluate(() => heard())).toEqual(["retained", ...texts].map((text) => `alice: ${text}`));
  });

  it("cannot publish, and says why", async (context) => {
    const page = await openInFirefox(context, "join-stage.ts");
    const { token } = await aliceOnStage();
    const error = await page.evaluate((token) => join(token), await token("firefox"));
    expect(error).toMatch(/^NoH264Error no-h264: this browser has no H\.264/);
  });

  it("gets the messages of a peer that has offered video and a channel over the channel alone", async (context) => {
    const page = await openInFirefox(context, "answer.ts");
    const video = newVideo();
    const publisher = new SeiPublisher<string>();
    onTestFinished(() => publisher.close());
    publisher.on("error", () => {});
    const { channel, noVideo } = await videoWithChannel({
      connection: () => peer(),
      addVideo: (connection) => void video.connect(connection).catch(() => {}),
      negotiate: async (connection) => {
        await connection.setLocalDescription(await connection.createOffer());
        const sdp = await page.evaluate((offer) => answer(offer), descriptionOf(connection).sdp);
        await connection.setRemoteDescription({ type: "answer", sdp });
      },
    });
    expect(noVideo?.message).toBe("the peer has turned the video down, and named no video codec");
    publisher.attach(dataChannelCarrier(channel));
    const { sent } = publisher.publish("over the channel");
    expect((await sent).outcome).toBe("sent");
    await page.waitForFunction(() => heardByChannel().length > 0, { timeout: hangMs });
    expect(await page.evaluate(() => heardByChannel())).toEqual(["over the channel"]);
  });
});
