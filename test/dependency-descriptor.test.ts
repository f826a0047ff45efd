import { resolve } from "node:path";
import { createEncoder } from "@inband/h264/encoder";
import { testPicture } from "@inband/media/frames";
import { SeiPublisher } from "@inband/publisher";
import { openPage } from "@inband/rig/chromium/test-page";
import { type Impairment, impair } from "@inband/rig/werift/impairment";
import { offer } from "@inband/rig/werift/peer";
import { newVideo, peer } from "@inband/rig/werift/test-peer";
import { peerConfig } from "@inband/werift";
import type { Page } from "playwright";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type RTCRtpTransceiver, usePLI, useTWCC } from "werift";

/** The configuration of a peer that neither repairs nor answers NACK. */
function withoutNack(dependencyDescriptor: boolean) {
  const config = peerConfig({ loopback: true, dependencyDescriptor });
  const video = config.codecs?.video?.filter(({ mimeType }) => mimeType === "video/H264") ?? [];
  for (const codec of video) codec.rtcpFeedback = [usePLI(), useTWCC()];
  return { ...config, codecs: { video, audio: [] } };
}

/** Publishes one message with each of 200 access units at 5 % loss. Returns how many arrived in the page. */
async function delivered(page: Page, dependencyDescriptor: boolean) {
  const pc = peer(withoutNack(dependencyDescriptor));
  const video = newVideo();
  const publisher = new SeiPublisher<number>();
  publisher.attach(video);
  onTestFinished(() => publisher.close());
  const connected = video.connect(pc);
  const sdp = await page.evaluate((offer) => receiveFrom(offer), (await offer(pc)).sdp);
  await pc.setRemoteDescription({ type: "answer", sdp });
  await connected;

  const size = { width: 320, height: 180, framerate: 60 };
  const encoder = await createEncoder({ codec: "libx264", ...size, bitrate: 400_000, keyFrameInterval: 3600 });
  video.connectEncoder(encoder);
  let loss: Impairment | undefined;
  const last = 200;
  let sent = 0;
  for await (const frame of testPicture({ ...size, realtime: true })) {
    const accessUnit = await encoder.encode(frame);
    if (!accessUnit) continue;
    if (sent === 0) {
      const { length } = await page.evaluate(() => receivedValues());
      if (length === 0 && publisher.queueSize === 0) publisher.publish(0);
      if (length > 0) loss ??= impair(pc, { loss: { rate: 0.05, burst: 1 } }, 7);
    }
    if (loss && sent < last) publisher.publish(++sent);
    video.write(accessUnit);
    if (sent === last && publisher.queueSize === 0) break;
  }
  await vi.waitFor(() => expect(publisher.queueSize).toBe(0));
  await new Promise((done) => setTimeout(done, 500));
  const values = await page.evaluate(() => receivedValues());
  // Several messages of value 0 may go out before the loss begins.
  const counted = values.filter((value) => Number(value) > 0);
  const different = new Set(counted).size;
  const { lostPackets } = video.stats();
  encoder.close();
  const [transceiver] = pc.getTransceivers() as [RTCRtpTransceiver];
  const { rtcpFeedback } = transceiver.sender.codec ?? { rtcpFeedback: [] };
  return {
    share: different / last,
    rtcpFeedback,
    dropped: loss?.counts.lost ?? 0,
    lostPackets,
    twice: counted.length > different,
  };
}

describe("Chromium without NACK at 5 % loss", () => {
  it("receives 99 % of the messages with the Dependency Descriptor, and none twice with it or without", async () => {
    const page = await openPage(resolve(import.meta.dirname, "pages/receive.ts"));
    const withIt = await delivered(page, true);
    expect(withIt.rtcpFeedback.some(({ type, parameter }) => type === "nack" && !parameter)).toBe(false);
    expect(withIt.dropped).toBeGreaterThan(5);
    // As transport-cc reports them; the last ones may come too late.
    expect(withIt.lostPackets).toBeGreaterThan(withIt.dropped / 2);
    expect(withIt.lostPackets).toBeLessThanOrEqual(withIt.dropped);
    const without = await delivered(page, false);
    console.info(
      `${withIt.lostPackets} of ${withIt.dropped} losses reported; delivered ${100 * withIt.share} % with it, ${100 * without.share} % without it`,
    );
    expect([withIt.twice, without.twice]).toEqual([false, false]);
    expect(withIt.share).toBeGreaterThanOrEqual(0.99);
  });
});
