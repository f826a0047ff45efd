import { accessUnit } from "@inband/rig/access-unit";
import { until } from "@inband/rig/until";
import { peer } from "@inband/rig/werift/test-peer";
import { peerConfig, WeriftVideo } from "@inband/werift";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  RecvDelta,
  type RTCRtpTransceiver,
  RTP_EXTENSION_URI,
  RtcpTransportLayerFeedback,
  StatusVectorChunk,
  TransportWideCC,
  useNACK,
  usePLI,
} from "werift";

/** A receiver without werift's own reports: those call lost packets received. */
const codecs = (nack: boolean) => {
  const config = peerConfig({ loopback: true });
  const video = config.codecs?.video?.filter(({ mimeType }) => mimeType === "video/H264") ?? [];
  for (const codec of video) codec.rtcpFeedback = nack ? [useNACK(), usePLI()] : [usePLI()];
  return { codecs: { video, audio: [] } };
};

/** Reports on the packets that came, from the first to the last of them. */
function report(transceiver: RTCRtpTransceiver, numbers: readonly number[]): Promise<unknown> {
  const [first = 0] = numbers;
  const status = Array.from({ length: (((numbers.at(-1) ?? 0) - first) & 0xffff) + 1 }, () => 0);
  for (const number of numbers) status[(number - first) & 0xffff] = 1;
  const packetChunks = [];
  for (let at = 0; at < status.length; at += 14) {
    const symbolList = Array.from({ length: 14 }, (_, index) => status[at + index] ?? 0);
    packetChunks.push(new StatusVectorChunk({ type: 1, symbolSize: 0, symbolList }));
  }
  const feedback = new TransportWideCC({
    senderSsrc: transceiver.receiver.rtcpSsrc,
    mediaSourceSsrc: transceiver.receiver.track.ssrc ?? 0,
    baseSequenceNumber: first,
    packetStatusCount: status.length,
    referenceTime: 1,
    fbPktCount: 0,
    packetChunks,
    recvDeltas: numbers.map(() => new RecvDelta({ delta: 250 })),
  });
  feedback.header.padding = true;
  return transceiver.receiver.dtlsTransport.sendRtcp([new RtcpTransportLayerFeedback({ feedback })]);
}

/** A video on its way to a receiver. */
async function connected(options: { offerer: "sender" | "receiver"; nack: boolean }) {
  const video = new WeriftVideo({ keyFrameIntervalMs: 0 });
  onTestFinished(() => video.close());
  const sender = peer();
  const receiver = peer(codecs(options.nack));
  const transceiver = receiver.addTransceiver("video", { direction: "recvonly" });
  const numbers: number[] = [];
  transceiver.onTrack.subscribe((track) =>
    track.onReceiveRtp.subscribe((_, extensions) => numbers.push(extensions?.[RTP_EXTENSION_URI.transportWideCC])),
  );
  let stands: Promise<void>;
  if (options.offerer === "sender") {
    stands = video.connect(sender);
    await sender.setLocalDescription(await sender.createOffer());
    await receiver.setRemoteDescription(sender.localDescription as { type: "offer"; sdp: string });
    await receiver.setLocalDescription(await receiver.createAnswer());
    const { sdp } = receiver.localDescription as { sdp: string };
    // werift's answer repeats the feedback of the offer, whatever its own configuration is.
    const answer = options.nack ? sdp : sdp.replace(/a=rtcp-fb:\d+ nack\r\n/g, "");
    await sender.setRemoteDescription({ type: "answer", sdp: answer });
  } else {
    await receiver.setLocalDescription(await receiver.createOffer());
    await sender.setRemoteDescription(receiver.localDescription as { type: "offer"; sdp: string });
    stands = video.connect(sender);
    await sender.setLocalDescription(await sender.createAnswer());
    await receiver.setRemoteDescription(sender.localDescription as { type: "answer"; sdp: string });
  }
  await stands;
  await until(() => receiver.connectionState === "connected");
  let requests = 0;
  video.connectEncoder({ requestKeyFrame: () => (requests += 1) });
  await new Promise((resolve) => setTimeout(resolve, 20));
  requests = 0;
  /** Sends ten pictures of one packet each; the receiver reports some of them as lost. */
  const send = async (lost: readonly number[], keyFrames: readonly number[] = []): Promise<void> => {
    for (let index = 0; index < 10; index++) video.write(accessUnit(index, { isKeyFrame: keyFrames.includes(index) }));
    await until(() => numbers.length === 10);
    await report(
      transceiver,
      numbers.filter((_, index) => !lost.includes(index)),
    );
  };
  return { video, send, requests: () => requests };
}

describe("losses that a peer reports by transport-cc", () => {
  for (const offerer of ["sender", "receiver"] as const) {
    it(`ask for a key frame where the peer has no NACK, the ${offerer} offering`, async () => {
      const { video, send, requests } = await connected({ offerer, nack: false });
      await send([3, 4, 7]);
      await until(() => requests() === 1);
      expect(video.stats().lostPackets).toBe(3);
    });

    it(`are counted, and left to retransmission, where the peer has NACK, the ${offerer} offering`, async () => {
      const { video, send, requests } = await connected({ offerer, nack: true });
      await send([3, 4, 7]);
      await until(() => video.stats().lostPackets === 3);
      expect(requests()).toBe(0);
    });
  }

  it("ask for nothing when a key frame has left since", async () => {
    const { video, send, requests } = await connected({ offerer: "sender", nack: false });
    await send([3], [5]);
    await until(() => video.stats().lostPackets === 1);
    expect(requests()).toBe(0);
  });
});
