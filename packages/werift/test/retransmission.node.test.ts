import { Random } from "@inband/rig/random";
import { until } from "@inband/rig/until";
import { impair } from "@inband/rig/werift/impairment";
import { negotiate } from "@inband/rig/werift/peer";
import { peer } from "@inband/rig/werift/test-peer";
import type { SeiSink } from "@inband/stream";
import { requestKeyFrame, weriftFeed } from "@inband/werift";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  Event,
  MediaStreamTrack,
  type RTCRtpTransceiver,
  type RtcpPacket,
  RtcpTransportLayerFeedback,
  RtpHeader,
  RtpPacket,
  useH264,
  useNACK,
} from "werift";

const sink: SeiSink = { userData() {}, accessUnits() {}, broken() {}, failed() {}, stalled() {}, ended() {} };

/** A connection that loses the RTP packets, retransmissions included, of which `isLost` says so by their index. */
async function line(roundTripMs: number, isLost: (index: number) => boolean) {
  const [sender, receiver] = [peer(), peer()];
  const track = new MediaStreamTrack({ kind: "video" });
  sender.addTransceiver(track, { direction: "sendonly" });
  const transceiver = receiver.addTransceiver("video", { direction: "recvonly" });
  const numbers: number[] = [];
  transceiver.onTrack.subscribe((incoming) =>
    incoming.onReceiveRtp.subscribe(({ header }) => numbers.push(header.sequenceNumber)),
  );
  const feed = weriftFeed(transceiver).open(sink);
  onTestFinished(() => feed[Symbol.dispose]());
  await negotiate(sender, receiver);
  await until(() => sender.connectionState === "connected" && receiver.connectionState === "connected");
  const delayMs = roundTripMs / 2;
  let index = 0;
  const { counts } = impair(sender, { delayMs, loss: () => isLost(index++) }, 1);
  impair(receiver, { delayMs }, 1);
  const write = (sequenceNumber: number): void => {
    const header = new RtpHeader({ sequenceNumber: sequenceNumber & 0xffff, timestamp: sequenceNumber, marker: true });
    track.writeRtp(new RtpPacket(header, Buffer.alloc(100, 0x41)));
  };
  return { sender, receiver, transceiver, numbers, counts, write, feed };
}

describe("the NACK of a weriftFeed", () => {
  for (const roundTripMs of [0, 50, 200]) {
    it(`repairs 5 % loss at ${roundTripMs} ms without a storm, over the wrap and the loss of 65535`, async () => {
      const count = 500;
      const first = 65_536 - count / 2;
      const random = new Random(12_345);
      const isLost = (index: number): boolean => first + index === 65_535 || (index > 0 && random.fraction() < 0.05);
      const { numbers, counts, write } = await line(roundTripMs, isLost);
      for (let index = 0; index < count; index++) {
        write(first + index);
        // werift's sender keeps 128 packets, so at this pace for a second.
        await new Promise((resolve) => setTimeout(resolve, 8));
      }
      const whole = Array.from({ length: count }, (_, index) => (first + index) & 0xffff);
      for (let index = count; whole.some((number) => !numbers.includes(number)); index++) {
        write(first + index);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const written = new Set(numbers).size;
      console.info(`${counts.sent - written} sent again, ${numbers.length - written} twice, of ${written}`);
      expect(counts.sent - written).toBeLessThan(written * 0.09);
      expect(numbers.length - written).toBeLessThan(written * 0.03);
    });
  }

  it("takes what several feeds read for one arrival", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const askedAt = async (feeds: number): Promise<number[]> => {
      const asked: number[] = [];
      const track = new MediaStreamTrack({ kind: "video", remote: true, ssrc: 1 });
      const dtlsTransport = {
        sendRtcp: async ([packet]: RtcpPacket[]) => {
          if (packet instanceof RtcpTransportLayerFeedback) asked.push(performance.now());
        },
      };
      const transceiver = {
        kind: "video",
        onTrack: new Event(),
        codecs: [useH264({ payloadType: 96, rtcpFeedback: [useNACK()] })],
        receiver: { tracks: [track], track, rtcpSsrc: 2, dtlsTransport },
      } as unknown as RTCRtpTransceiver;
      const open = Array.from({ length: feeds }, () => weriftFeed(transceiver).open(sink));
      const arrive = (sequenceNumber: number): void =>
        track.onReceiveRtp.execute(new RtpPacket(new RtpHeader({ sequenceNumber, ssrc: 1 }), Buffer.alloc(10, 0x41)));
      const beganMs = performance.now();
      for (const number of [0, 2]) arrive(number);
      await vi.advanceTimersByTimeAsync(250);
      for (const number of [1, 4]) arrive(number);
      await vi.advanceTimersByTimeAsync(2000);
      for (const feed of open) feed[Symbol.dispose]();
      return asked.map((atMs) => atMs - beganMs);
    };
    const one = await askedAt(1);
    expect(one.length).toBeGreaterThan(4);
    expect(await askedAt(2)).toEqual(one);
  });

  it("stays in place of werift's after another negotiation, keeps its lines in the SDP, and gives it back", async () => {
    const { sender, receiver, transceiver, feed, write, numbers } = await line(0, () => false);
    write(1);
    await until(() => numbers.length === 1);
    expect(transceiver.receiver.nackEnabled).toBeFalsy();
    await negotiate(receiver, sender);
    expect(receiver.localDescription?.sdp).toMatch(/a=rtcp-fb:96 nack\r\n/);
    expect(sender.localDescription?.sdp).toMatch(/a=rtcp-fb:96 nack pli\r\n/);
    write(2);
    await until(() => numbers.length === 2);
    expect(transceiver.receiver.nackEnabled).toBeFalsy();
    const second = weriftFeed(transceiver).open(sink);
    feed[Symbol.dispose]();
    feed[Symbol.dispose]();
    expect(transceiver.receiver.nackEnabled).toBeFalsy();
    second[Symbol.dispose]();
    expect(transceiver.receiver.nackEnabled).toBeTruthy();
  });

  it("leaves werift's alone when told so, and key frames can be asked for either way", async () => {
    const { sender, transceiver, feed, write, numbers } = await line(0, () => false);
    let requests = 0;
    const [{ sender: rtpSender }] = sender.getTransceivers() as [RTCRtpTransceiver];
    rtpSender.onPictureLossIndication.subscribe(() => (requests += 1));
    write(1);
    await until(() => numbers.length === 1 && requests > 0);
    requests = 0;
    requestKeyFrame(transceiver);
    await until(() => requests === 1);
    feed[Symbol.dispose]();
    const alone = weriftFeed(transceiver, { nack: false }).open(sink);
    write(2);
    await until(() => numbers.length === 2);
    expect(transceiver.receiver.nackEnabled).toBeTruthy();
    alone[Symbol.dispose]();
  });
});
