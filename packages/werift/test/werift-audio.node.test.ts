import type { AudioPacket } from "@inband/h264";
import { until } from "@inband/rig/until";
import { negotiate } from "@inband/rig/werift/peer";
import { newVideo, peer } from "@inband/rig/werift/test-peer";
import { WeriftAudio } from "@inband/werift";
import { describe, expect, it, onTestFinished } from "vitest";
import type { RtpPacket } from "werift";

const opus = (index: number): AudioPacket => ({
  kind: "audio",
  codec: "opus",
  data: Uint8Array.of(0xfc, index),
  timestamp: index * 20_000,
  duration: 20_000,
});

function newAudio(options = {}): WeriftAudio {
  const audio = new WeriftAudio(options);
  onTestFinished(() => audio.close());
  return audio;
}

describe("WeriftAudio", () => {
  it("sends each packet to every peer, by a clock of 48 kHz, in the stream of its video", async () => {
    const video = newVideo();
    const audio = newAudio({ beside: video });
    const received: RtpPacket[][] = [];
    for (let count = 0; count < 2; count++) {
      const [a, b] = [peer({}, { audio: true }), peer({}, { audio: true })];
      const packets: RtpPacket[] = [];
      received.push(packets);
      b.onTrack.subscribe((track) => {
        if (track.kind === "audio") track.onReceiveRtp.subscribe((packet) => packets.push(packet));
      });
      const connected = Promise.all([video.connect(a), audio.connect(a)]);
      await negotiate(a, b);
      await connected;
      await until(() => b.connectionState === "connected");
      const ids = [...(a.localDescription?.sdp.matchAll(/^a=msid:(\S+)/gm) ?? [])].map(([, id]) => id);
      expect(new Set(ids).size).toBe(1);
      expect(ids.length).toBeGreaterThanOrEqual(2);
    }
    for (let index = 0; index < 5; index++) audio.write(opus(index));
    await until(() => received.every((packets) => packets.length === 5));
    for (const packets of received) {
      expect(packets.map(({ payload }) => payload[1])).toEqual([0, 1, 2, 3, 4]);
      const [first] = packets as [RtpPacket];
      const ticks = packets.map(({ header }) => (header.timestamp - first.header.timestamp) >>> 0);
      expect(ticks).toEqual([0, 960, 1920, 2880, 3840]);
    }
    expect(audio.stats()).toEqual({ packets: 5, peers: 2 });
  });

  it("rejects where the peer takes no Opus, and leaves the video alone", async () => {
    const video = newVideo();
    const [a, b] = [peer({}, { audio: true }), peer()];
    const declined = expect(newAudio().connect(a)).rejects.toMatchObject({ name: "ConnectError", code: "declined" });
    const connected = video.connect(a);
    await negotiate(a, b);
    await declined;
    await connected;
  });

  it("says that it was closed to whoever waits for a connection, and leaves that open", async () => {
    const [audio, a] = [newAudio(), peer({}, { audio: true })];
    const connected = audio.connect(a);
    audio.close();
    await expect(connected).rejects.toMatchObject({ name: "ConnectError", code: "closed" });
    expect(a.signalingState).toBe("stable");
  });

  it("takes nothing but Opus", () => {
    const audio = newAudio();
    expect(() => audio.write({ ...opus(0), codec: "aac" })).toThrow(/^packet: expected one of Opus, got aac$/);
    expect(() => audio.write({ kind: "video" } as never)).toThrow(/^packet: expected one of Opus/);
    audio.write(opus(0));
    expect(audio.stats()).toEqual({ packets: 0, peers: 0 });
  });
});
