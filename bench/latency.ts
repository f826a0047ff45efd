import { setTimeout as sleep } from "node:timers/promises";
import { SeiPublisher } from "@inband/publisher";
import { percentile } from "@inband/rig/percentile";
import { loopbackPeer, negotiate } from "@inband/rig/werift/peer";
import { SeiSubscriber } from "@inband/subscriber";
import { SeiH264Packetizer, WeriftVideo, weriftFeed } from "@inband/werift";
import { MediaStreamTrack } from "werift";
import { sei, text } from "./frames.ts";
import { accessUnit, value } from "./peers.ts";
import { atMost, atMostMore, type Benchmark, type Outcome } from "./row.ts";

const rounds = 300;
/**
 * As many rounds as it takes until all of the code is compiled: what runs once a message, as most of ours does, is called a
 * tenth as often as what runs once a packet, as most of the anchor does, and would otherwise be compared interpreted.
 */
const warmUp = 300;
const pauseMs = 20;
const warmUpPauseMs = 10;
const pictureBytes = 10_000;

/**
 * From `publish`, at the access unit that takes the first copy, to the callback, beside the first packet of the same
 * access unit from `track.writeRtp` to `track.onReceiveRtp`. By turns, both sides of both connections in this process.
 */
export const latency: Benchmark = {
  name: "latency",
  async run(): Promise<Outcome> {
    const peers = [loopbackPeer(), loopbackPeer(), loopbackPeer(), loopbackPeer()] as const;
    const [sending, receiving, plainSending, plainReceiving] = peers;
    const video = new WeriftVideo();
    const publisher = new SeiPublisher();
    const subscriber = new SeiSubscriber<{ index: number }>();
    try {
      publisher.attach(video);
      const ours: number[] = [];
      const alone: number[] = [];
      let publishedAt = 0;
      let expected = -1;
      subscriber.on("message", (message) => {
        if (message.value.index === expected) ours.push((performance.now() - publishedAt) * 1000);
      });
      subscriber.attach(weriftFeed(receiving.addTransceiver("video", { direction: "recvonly" })));
      const connected = video.connect(sending);
      await negotiate(sending, receiving);
      await connected;
      const track = new MediaStreamTrack({ kind: "video" });
      plainSending.addTransceiver(track, { direction: "sendonly" });
      let writtenAt = 0;
      let firstNumber = -1;
      plainReceiving.onTrack.subscribe((incoming) => {
        incoming.onReceiveRtp.subscribe(({ header }) => {
          if (header.sequenceNumber === firstNumber) alone.push((performance.now() - writtenAt) * 1000);
        });
      });
      await negotiate(plainSending, plainReceiving);
      if (plainSending.connectionState !== "connected") {
        await plainSending.connectionStateChange.watch((state) => state === "connected", 10_000);
      }
      const packetizer = new SeiH264Packetizer({ sequenceNumber: 1 });
      const message = sei(text(200));
      for (let index = 0; index < warmUp + rounds; index += 1) {
        if (index === warmUp) {
          ours.length = 0;
          alone.length = 0;
        }
        const pause = index < warmUp ? warmUpPauseMs : pauseMs;
        const unit = accessUnit(index, pictureBytes);
        const packets = packetizer.packetizeAccessUnit(unit, video.rtpTimestamp(unit.timestamp), [message]);
        expected = index;
        publishedAt = performance.now();
        publisher.publish(value(index)).sent.catch(() => undefined);
        video.write(unit);
        await sleep(pause);
        firstNumber = packets[0]?.header.sequenceNumber ?? -1;
        writtenAt = performance.now();
        for (const packet of packets) track.writeRtp(packet);
        await sleep(pause);
      }
      if (Math.min(ours.length, alone.length) < rounds * 0.9) {
        throw new Error(`Only ${ours.length} messages and ${alone.length} packets of ${rounds} came in time`);
      }
      const what = "publish to callback, werift to werift";
      const name = (of: string): string => `werift's transport alone, ${of}`;
      const p50 = [percentile(ours, 0.5), percentile(alone, 0.5)] as const;
      const p95 = [percentile(ours, 0.95), percentile(alone, 0.95)] as const;
      return {
        rows: [
          atMostMore(`${what}, p50`, p50[0], name("p50"), p50[1], 500),
          atMost(`${what}, p95`, p95[0], name("p95"), p95[1], 2),
        ],
      };
    } finally {
      subscriber.close();
      publisher.close();
      video.close();
      await Promise.all(peers.map((pc) => pc.close()));
    }
  },
};
