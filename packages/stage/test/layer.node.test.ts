import { sliceOf } from "@inband/rig/access-unit";
import { until } from "@inband/rig/until";
import { describe, expect, it, onTestFinished } from "vitest";
import { MediaStreamTrack, type RTCRtpTransceiver, RtpHeader, RtpPacket } from "werift";
import type { ForwardedPacket } from "../src/server/forwarding/forwarded-packet.ts";
import { ForwardingCounts } from "../src/server/forwarding/forwarding-counts.ts";
import { Layer } from "../src/server/forwarding/layer.ts";
import { MessageReaders } from "../src/server/forwarding/message-readers.ts";

/** A layer whose packets a test hands over as werift does when they arrive, and the numbers that leave. */
function burstLayer({ isOneOfSeveral = false } = {}) {
  const track = new MediaStreamTrack({ kind: "video", remote: true });
  const counts = new ForwardingCounts();
  const transceiver = { codecs: [], receiver: { stopped: true } } as unknown as RTCRtpTransceiver;
  const layer = new Layer(track, { transceiver, counts, readers: new MessageReaders(), isOneOfSeveral });
  onTestFinished(() => layer.close());
  const left: number[] = [];
  layer.receivers.add({ take: ({ header }: ForwardedPacket) => left.push(header.sequenceNumber) });
  const arrive = (from: number, count: number) => {
    for (let at = from; at < from + count; at++) {
      const header = new RtpHeader({ sequenceNumber: at, timestamp: 3000, ssrc: 7, marker: at === from + count - 1 });
      track.onReceiveRtp.execute(new RtpPacket(header, Buffer.from(sliceOf(false, 1170))), undefined as never);
    }
  };
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
  return { layer, left, counts, arrive, numbers };
}

describe("a layer that the stage forwards", () => {
  it("lets a small picture leave inside the call that brings it", () => {
    const { left, arrive, numbers } = burstLayer();
    arrive(0, 20);
    expect(left).toEqual(numbers(20));
  });

  it("spreads a burst of 300 KB, which a receiver's socket would not hold, whole and in order", async () => {
    const { left, arrive, numbers } = burstLayer();
    arrive(0, 251);
    expect(left.length).toBeLessThan(92);
    await until(() => left.length === 251);
    expect(left).toEqual(numbers(251));
  });

  it("lets what waits leave when its publisher goes", () => {
    const { layer, left, arrive, numbers } = burstLayer();
    arrive(0, 251);
    layer.close();
    expect(left).toEqual(numbers(251));
  });

  it("knows from its first packets on which share of them has not come", () => {
    const { layer, arrive } = burstLayer({ isOneOfSeveral: true });
    layer.measure(1000);
    layer.measure(1250);
    arrive(30_000, 10);
    layer.measure(1500);
    arrive(30_010, 10);
    layer.measure(1750);
    expect(layer.missing).toBe(0);
    arrive(30_040, 20);
    layer.measure(2000);
    expect(layer.missing).toBeGreaterThan(0.2);
    expect(layer.missing).toBeLessThan(0.6);
  });

  it("counts what finds too many waiting, which is not sent", async () => {
    const { left, counts, arrive } = burstLayer();
    arrive(0, 3000);
    expect(counts.droppedPackets).toBeGreaterThan(800);
    await until(() => left.length + counts.droppedPackets === 3000);
  });
});
