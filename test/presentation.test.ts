import { resolve } from "node:path";
import { createEncoder } from "@inband/h264/encoder";
import { testPicture } from "@inband/media/frames";
import { SeiPublisher } from "@inband/publisher";
import { openPage } from "@inband/rig/chromium/test-page";
import { hangMs } from "@inband/rig/hang";
import { offer } from "@inband/rig/werift/peer";
import { newVideo, peer } from "@inband/rig/werift/test-peer";
import { expect, it, onTestFinished, vi } from "vitest";
import { numberIn } from "./burnt-number.ts";

const size = { width: 640, height: 360, framerate: 30 };
const ticksPerPicture = 90_000 / size.framerate;

it("presents messages from Node in Chromium on the pictures that they speak of", async () => {
  const page = await openPage(resolve(import.meta.dirname, "pages/present.ts"));
  const publisher = new SeiPublisher<number>();
  const video = newVideo();
  const pc = peer();
  const encoder = await createEncoder({ codec: "libx264", ...size, bitrate: 1_000_000 });
  const stop = new AbortController();
  publisher.attach(video);
  video.connectEncoder(encoder);
  const connected = video.connect(pc);
  const answer = await page.evaluate((offer) => globalThis.presentOffer(offer), (await offer(pc)).sdp);
  await pc.setRemoteDescription({ type: "answer", sdp: answer });
  await connected;

  const state = () => page.evaluate(() => globalThis.presentedState());
  let showing = false;
  const pictures: number[] = [];
  const streaming = (async () => {
    let picture = 0;
    for await (const frame of testPicture({ ...size, realtime: true, signal: stop.signal })) {
      const { timestamp } = frame;
      picture = Math.round((timestamp * size.framerate) / 1e6);
      const accessUnit = await encoder.encode(frame);
      if (showing && pictures.length < 20 && picture % 5 === 0) {
        pictures.push(picture);
        publisher.publish(picture, { timestamp });
      }
      if (accessUnit) video.write(accessUnit);
    }
  })().catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  onTestFinished(async () => {
    stop.abort();
    await streaming;
    publisher.close();
    encoder.close();
  });
  await vi.waitUntil(async () => (await state()).rtpTimestamps.length > 5, { timeout: hangMs, interval: 100 });
  showing = true;
  await vi.waitUntil(async () => (await state()).presentations.length >= 20, { timeout: hangMs, interval: 200 });

  const { messages, presentations, rtpTimestamps, errors } = await state();
  expect(errors).toEqual([]);
  expect(messages.toSorted((a, b) => a - b)).toEqual(pictures);
  expect(presentations.map(({ picture }) => picture).toSorted((a, b) => a - b)).toEqual(pictures);
  for (const { picture, presented, rtpTimestamp, shown } of presentations) {
    expect(presented, `picture ${picture}`).toBe(true);
    // Where the machine is slow the video skips frames: the first that it showed counts.
    const due = rtpTimestamp ?? Number.NaN;
    const first = rtpTimestamps.find((timestamp) => ((timestamp - due) | 0) >= 0) ?? Number.NaN;
    const late = ((first - due) | 0) / ticksPerPicture;
    expect(Math.abs((numberIn(shown) ?? Number.NaN) - picture - late), `picture ${picture}`).toBeLessThanOrEqual(1);
  }
});
