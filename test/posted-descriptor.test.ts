import { resolve } from "node:path";
import { createEncoder } from "@inband/h264/encoder";
import { testPicture } from "@inband/media/frames";
import { openPage } from "@inband/rig/chromium/test-page";
import { servedStage } from "@inband/rig/stage/served-stage";
import { until } from "@inband/rig/until";
import { impair } from "@inband/rig/werift/impairment";
import { newVideo, peer } from "@inband/rig/werift/test-peer";
import { connectWhip } from "@inband/stage/client";
import type { Page } from "playwright";
import { expect, it, onTestFinished, vi } from "vitest";
import { RTCPeerConnection } from "werift";

const messages = 120;

/** Posts a message for each picture that Chromium receives without NACK, and loses 5 % of the packets on their way to it. */
async function delivered(page: Page, dependencyDescriptor: boolean) {
  const { stage, url } = await servedStage();
  const token = await stage.createToken({ url, participantId: "camera" });
  const authorization = `Bearer ${token}`;
  const video = newVideo();
  const sending = peer({}, { dependencyDescriptor });
  const connected = video.connect(sending);
  await connectWhip(sending, { url: `${url}/publish/camera`, token });
  await connected;
  await until(() => stage.participants()[0]?.isPublishing === true);

  const answering: RTCPeerConnection[] = [];
  const { setRemoteDescription } = RTCPeerConnection.prototype;
  const read = vi.spyOn(RTCPeerConnection.prototype, "setRemoteDescription").mockImplementation(function (
    this: RTCPeerConnection,
    ...description
  ) {
    answering.push(this);
    return setRemoteDescription.apply(this, description);
  });
  onTestFinished(() => read.mockRestore());
  const offered = await page.evaluate(() => offerToReceive());
  const response = await fetch(`${url}/subscribe/camera`, {
    method: "POST",
    headers: { authorization, "content-type": "application/sdp" },
    body: offered,
  });
  await page.evaluate((sdp) => takeAnswer(sdp), await response.text());
  read.mockRestore();
  const [toPage] = answering as [RTCPeerConnection];
  await until(() => toPage.connectionState === "connected");

  const size = { width: 320, height: 180, framerate: 60 };
  // No key frame comes after the first one: without descriptors nothing is handed on any more behind a loss.
  const encoder = await createEncoder({ codec: "libx264", ...size, bitrate: 400_000, keyFrameInterval: 3600 });
  const post = (value: number) =>
    fetch(`${url}/camera/messages`, {
      ...{ method: "POST", body: JSON.stringify(value) },
      headers: { authorization, "content-type": "application/json" },
    });
  const values = () => page.evaluate(() => receivedValues());
  const posts: Promise<Response>[] = [];
  let hasBegun = false;
  const begin = async () => {
    while ((await values()).length === 0) await post(0);
    impair(toPage, { loss: { rate: 0.05, burst: 1 } }, 7);
    hasBegun = true;
  };
  const begun = begin();
  let pictures = 0;
  for await (const frame of testPicture({ ...size, realtime: true })) {
    const accessUnit = await encoder.encode(frame);
    if (!accessUnit) continue;
    if (hasBegun && posts.length < messages) posts.push(post(posts.length + 1));
    video.write(accessUnit);
    if (posts.length === messages && ++pictures === 30) break;
  }
  await begun;
  const statuses = (await Promise.all(posts)).map(({ status }) => status);
  expect(statuses).toEqual(Array(messages).fill(201));
  await new Promise((done) => setTimeout(done, 500));
  const counted = (await values()).filter((value) => Number(value) > 0);
  encoder.close();
  return { share: new Set(counted).size / messages, twice: counted.length > new Set(counted).size };
}

it("keeps the Dependency Descriptors valid around posted messages: 99 % reach Chromium without NACK at 5 % loss", async () => {
  const page = await openPage(resolve(import.meta.dirname, "pages/receive.ts"));
  const withThem = await delivered(page, true);
  const without = await delivered(page, false);
  console.info(`delivered ${100 * withThem.share} % with them, ${100 * without.share} % without`);
  expect([withThem.twice, without.twice]).toEqual([false, false]);
  expect(withThem.share).toBeGreaterThanOrEqual(0.99);
  expect(without.share).toBeLessThan(0.9);
});
