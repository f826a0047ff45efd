import { resolve } from "node:path";
import { servePage } from "@inband/rig/chromium/page-server";
import { findFirefox, launchFirefox } from "@inband/rig/firefox/firefox";
import { servedStage } from "@inband/rig/stage/served-stage";
import { offer } from "@inband/rig/werift/peer";
import { newVideo, peer } from "@inband/rig/werift/test-peer";
import { connectWhip } from "@inband/stage/client";
import wrtc from "@roamhq/wrtc";
import { afterAll, expect, it } from "vitest";
import { playClip } from "./clip-player.ts";
import type { Peer } from "./ends.ts";
import { postOffer } from "./post-offer.ts";
import { writeReportPart } from "./report.ts";
import { debianPackages, versionOf } from "./version.ts";

/** A peer without H.264, and what it is told. */
interface Plain extends Peer {
  start(onClose: (close: () => Promise<void>) => void): Promise<{
    /** Its answer to an offer of H.264. */
    answer(sdp: string): Promise<string>;
    publish(url: string, token: string): Promise<string>;
    subscribe(url: string, token: string): Promise<string>;
  }>;
}

const firefox: Plain = {
  name: "Firefox",
  ...debianPackages("firefox-esr"),
  async start(onClose) {
    const browser = await launchFirefox(findFirefox() ?? "firefox-esr");
    onClose(() => browser.close());
    const served = await servePage(resolve(import.meta.dirname, "pages/without-h264.ts"));
    onClose(async () => served[Symbol.asyncDispose]());
    const page = await browser.newPage();
    await page.goto(served.url);
    return {
      answer: (sdp) => page.evaluate((sdp) => answerOf(sdp), sdp),
      publish: (url, token) => page.evaluate((url, token) => tellPublishing(url, token), url, token),
      subscribe: (url, token) => page.evaluate((url, token) => tellSubscribing(url, token), url, token),
    };
  },
};

const roamhq: Plain = {
  name: "@roamhq/wrtc",
  version: versionOf("@roamhq/wrtc"),
  async start(onClose) {
    const newPeer = () => {
      const pc = new wrtc.RTCPeerConnection();
      onClose(async () => pc.close());
      return pc;
    };
    const join = async (direction: "sendonly" | "recvonly", url: string, token: string) => {
      const pc = newPeer();
      pc.addTransceiver("video", { direction });
      await pc.setLocalDescription(await pc.createOffer());
      const { origin, pathname } = new URL(url);
      const access = { url: origin, token: async () => token };
      return postOffer(access, pathname, "", pc.localDescription?.sdp ?? "").then(
        () => "joined",
        (error: Error) => error.message,
      );
    };
    return {
      async answer(sdp) {
        const pc = newPeer();
        await pc.setRemoteDescription({ type: "offer", sdp });
        await pc.setLocalDescription(await pc.createAnswer());
        return pc.localDescription?.sdp ?? "";
      },
      publish: (url, token) => join("sendonly", url, token),
      subscribe: (url, token) => join("recvonly", url, token),
    };
  },
};

const peers = [roamhq, firefox];
const rows: string[][] = [];

it.for(peers)("$name is told that it lacks H.264, and so is who offers it to it", async (plain, test) => {
  if (plain.unavailable) test.skip(plain.unavailable);
  const running = await plain.start(test.onTestFinished);
  const { stage, url } = await servedStage();
  const token = (participantId: string) => stage.createToken({ url, participantId });

  const pc = peer();
  const connected = newVideo()
    .connect(pc)
    .then(
      () => "connected",
      (error: Error) => `${error.name}: ${error.message}`,
    );
  await pc.setRemoteDescription({ type: "answer", sdp: await running.answer((await offer(pc)).sdp) });
  const offered = await connected;
  expect(offered).toMatch(/^NoH264Error: the peer takes no H\.264/);

  const published = await running.publish(`${url}/publish/plain`, await token("plain"));
  expect(published).toMatch(/406.*VP8/);

  const video = newVideo();
  const sender = peer();
  const sending = video.connect(sender);
  await connectWhip(sender, { url: `${url}/publish/video`, token: await token("video") });
  await sending;
  const played = await playClip(video);
  test.onTestFinished(() => played.stop());
  await expect.poll(() => stage.participants()[0]?.isPublishing).toBe(true);
  const subscribed = await running.subscribe(`${url}/subscribe/video`, await token("plain"));
  expect(subscribed).toMatch(/406.*VP8/);
  rows.push(
    [plain.name, "inband on werift offers it H.264", offered],
    [plain.name, "it publishes to the stage", published],
    [plain.name, "it subscribes without a data channel", subscribed],
  );
});

afterAll(() => {
  writeReportPart("without-h264", {
    heading: "Peers without H.264",
    text: "What they and their peers are told. With a data channel in their offer they get every message: see the columns of the stage.",
    head: ["peer", "what happens", "what is told"],
    rows,
    peers,
  });
});
