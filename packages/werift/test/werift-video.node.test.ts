import { H264Depayloader } from "@inband/h264/rtp";
import { accessUnit } from "@inband/rig/access-unit";
import { message } from "@inband/rig/message";
import { RecordedEvents } from "@inband/rig/recorded-events";
import { until } from "@inband/rig/until";
import { negotiate } from "@inband/rig/werift/peer";
import { peer, receiver } from "@inband/rig/werift/test-peer";
import { NoH264Error } from "@inband/stream";
import { ConnectError, peerConfig, WeriftVideo, weriftInjector } from "@inband/werift";
import wrtc from "@roamhq/wrtc";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  GenericNack,
  type RTCPeerConnection,
  type RTCRtpTransceiver,
  RtcpTransportLayerFeedback,
  type RtpPacket,
  useH264,
  useVP8,
} from "werift";

function newVideo(options?: ConstructorParameters<typeof WeriftVideo>[0]): WeriftVideo {
  const video = new WeriftVideo(options);
  onTestFinished(() => video.close());
  return video;
}

function newWrtcPeer() {
  const pc = new wrtc.RTCPeerConnection();
  onTestFinished(() => pc.close());
  return pc;
}

function packetsOf(transceiver: RTCRtpTransceiver): RtpPacket[] {
  const packets: RtpPacket[] = [];
  transceiver.onTrack.subscribe((track) => track.onReceiveRtp.subscribe((packet) => packets.push(packet)));
  return packets;
}

/** A receiver that the video is connected to, with the packets that it gets. */
async function connectedTo(video: WeriftVideo) {
  const { pc, transceiver } = receiver();
  const packets = packetsOf(transceiver);
  const sender = peer();
  const connected = video.connect(sender);
  await negotiate(sender, pc);
  await connected;
  return { packets, transceiver };
}

const holds = (packets: readonly RtpPacket[], text: string): number =>
  packets.filter(({ payload }) => payload.includes(text)).length;

describe("WeriftVideo", () => {
  it("repeats packets of a 300 KB picture, also those that werift does not keep any more", async () => {
    const video = newVideo();
    const { packets, transceiver } = await connectedTo(video);
    video.write(accessUnit(0, { sliceBytes: 300_000 }));
    await until(() => new Set(packets.map(({ header }) => header.sequenceNumber)).size > 250);
    const [first] = packets as [RtpPacket];
    const { receiver } = transceiver;
    const mediaSourceSsrc = receiver.track.ssrc as number;
    const lost = [first.header.sequenceNumber];
    const feedback = new GenericNack({ senderSsrc: receiver.rtcpSsrc, mediaSourceSsrc, lost });
    await receiver.dtlsTransport.sendRtcp([new RtcpTransportLayerFeedback({ feedback })]);
    const again = () => packets.filter(({ header }) => header.sequenceNumber === first.header.sequenceNumber);
    await until(() => again().length > 1);
    expect(again().at(-1)?.payload).toEqual(first.payload);
  });

  it("sends one stream to several peers, each message on as many access units as it has copies", async () => {
    const video = newVideo();
    const received: RtpPacket[][] = [];
    for (let count = 0; count < 2; count++) {
      received.push((await connectedTo(video)).packets);
    }
    const events = new RecordedEvents();
    video.open(events).offer(message("hello", { copies: 3 }));
    for (let index = 0; index < 10; index++) video.write(accessUnit(index));
    await until(() => received.every((packets) => new Set(packets.map(({ header }) => header.timestamp)).size === 10));
    for (const packets of received) expect(holds(packets, "hello")).toBe(3);
    const offset = video.rtpTimestamp(0);
    await until(() => events.reports.length > 0);
    expect(events.reports).toMatchObject([{ messageId: "hello", outcome: "sent" }]);
    expect(events.reports[0]?.streams[0]?.rtpTimestamps).toEqual(
      [0, 3000, 6000].map((ticks) => (offset + ticks) % 2 ** 32),
    );
    expect(video.stats()).toMatchObject({ accessUnits: 10, peers: 2, failures: 0 });
  });

  it("carries the messages of several publishers, each from its own outbox", async () => {
    const video = newVideo();
    const { packets } = await connectedTo(video);
    const [first, second] = [new RecordedEvents(), new RecordedEvents()];
    video.open(first).offer(message("from-one", { copies: 2 }));
    const open = video.open(second);
    open.offer(message("from-two"));
    open.offer(message("never-sent"));
    open.withdraw("never-sent");
    for (let index = 0; index < 4; index++) video.write(accessUnit(index));
    await until(() => new Set(packets.map(({ header }) => header.timestamp)).size === 4);
    expect([holds(packets, "from-one"), holds(packets, "from-two"), holds(packets, "never-sent")]).toEqual([2, 1, 0]);
    await until(() => first.reports.length === 1 && second.reports.length === 2);
    expect(first.reports.map(({ messageId }) => messageId)).toEqual(["from-one"]);
    expect(second.reports.map(({ outcome }) => outcome).sort()).toEqual(["cancelled", "sent"]);
    open[Symbol.dispose]();
    video.write(accessUnit(5));
  });

  it("keeps messages until there is a peer, and spends none on access units that go nowhere", async () => {
    const video = newVideo();
    const events = new RecordedEvents();
    video.open(events).offer(message("early"));
    for (let index = 0; index < 5; index++) video.write(accessUnit(index));
    expect(events.reports).toEqual([]);
    expect(video.stats().accessUnits).toBe(0);
    const { packets } = await connectedTo(video);
    video.write(accessUnit(6));
    await until(() => holds(packets, "early") === 1);
  });

  it("delivers an access unit of 300 KB whole, together with its message", async () => {
    const video = newVideo();
    const { packets } = await connectedTo(video);
    video.open(new RecordedEvents()).offer(message("inside"));
    const unit = accessUnit(0, { sliceBytes: 300_000 });
    video.write(unit);
    await until(() => packets.some(({ header }) => header.marker));
    await until(() => packets.length >= video.stats().packets);
    const depayloader = new H264Depayloader();
    const [whole] = packets
      .toSorted((a, b) => ((a.header.sequenceNumber - b.header.sequenceNumber) << 16) >> 16)
      .flatMap(({ header, payload }) =>
        depayloader.push({
          payload,
          sequenceNumber: header.sequenceNumber,
          rtpTimestamp: header.timestamp,
          marker: header.marker,
        }),
      );
    expect(whole?.isComplete).toBe(true);
    expect(whole?.nalUnits.map((nal) => nal.length)).toEqual([10, 5, expect.any(Number), 300_000]);
    expect(Buffer.compare(whole?.nalUnits.at(-1) as Uint8Array, unit.nalUnits.at(-1) as Uint8Array)).toBe(0);
  });

  it("asks for one key frame for a burst of PLI and FIR, and for each new connection", async () => {
    const video = newVideo({ keyFrameIntervalMs: 100 });
    let requests = 0;
    video.connectEncoder({ requestKeyFrame: () => requests++ });
    const events = new RecordedEvents();
    video.open(events);
    const { packets, transceiver } = await connectedTo(video);
    await until(() => requests === 1);
    expect(events.keyFrameRequests).toBe(1);
    video.write(accessUnit(0));
    await until(() => packets.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const { ssrc } = (packets[0] as RtpPacket).header;
    for (let count = 0; count < 20; count++) await transceiver.receiver.sendRtcpPLI(ssrc);
    await until(() => requests >= 2);
    video.write(accessUnit(1, { isKeyFrame: true }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(requests).toBeLessThan(10);
    const before = requests;
    await transceiver.receiver.dtlsTransport.sendRtcp([fullIntraRequest(ssrc)]);
    await until(() => requests === before + 1);
    expect(events.keyFrameRequests).toBe(requests);
  });

  it("lowers the bitrate of an encoder to what the slowest receiver reports, up to its own", async () => {
    const video = newVideo();
    const bitrates: number[] = [];
    video.connectEncoder(
      { requestKeyFrame: () => {}, setBitrate: (bitrate) => bitrates.push(bitrate) },
      { maxBitrate: 2_000_000 },
    );
    const fixed: number[] = [];
    video.connectEncoder({ requestKeyFrame: () => {}, setBitrate: (bitrate) => fixed.push(bitrate) });
    const { packets, transceiver } = await connectedTo(video);
    video.write(accessUnit(0));
    await until(() => packets.length > 0);
    const { ssrc } = (packets[0] as RtpPacket).header;
    const { dtlsTransport } = transceiver.receiver;
    await dtlsTransport.sendRtcp([receiverEstimatedMaxBitrate(ssrc, 500_000)]);
    await until(() => bitrates.length === 1);
    await dtlsTransport.sendRtcp([receiverEstimatedMaxBitrate(ssrc, 50_000_000)]);
    await until(() => bitrates.length === 2);
    expect(bitrates[0]).toBeGreaterThan(490_000);
    expect(bitrates[0]).toBeLessThanOrEqual(500_000);
    expect(bitrates[1]).toBe(2_000_000);
    expect(fixed).toEqual([]);
  });

  it("stands an encoder that rejects or throws, reports it, and tells it after the access unit", async () => {
    const video = newVideo();
    const events = new RecordedEvents();
    video.open(events);
    const told: string[] = [];
    video.connectEncoder({
      requestKeyFrame: async () => {
        told.push("asked");
        throw new Error("no GPU");
      },
    });
    video.connectEncoder({
      requestKeyFrame: () => {
        throw "broken";
      },
    });
    const sender = peer();
    const connected = video.connect(sender);
    await negotiate(sender, receiver().pc);
    await connected;
    await until(() => events.errors.length >= 2);
    expect(events.errors.map(({ message }) => message)).toEqual(["broken", "no GPU"]);
    told.length = 0;
    // More packets than may wait behind those of the first one: it is dropped, and a key frame is due.
    video.write(accessUnit(0, { sliceBytes: 1_000_000 }));
    await until(() => {
      video.write(accessUnit(1, { sliceBytes: 1_500_000 }));
      told.push("written");
      return told.includes("asked");
    });
    expect(told.indexOf("asked")).toBeGreaterThan(told.indexOf("written"));
  });

  it("takes no access unit without a time, and says what stamps one", async () => {
    const video = newVideo();
    const events = new RecordedEvents();
    video.open(events);
    const sender = peer();
    const connected = video.connect(sender);
    await negotiate(sender, receiver().pc);
    await connected;
    const { nalUnits, isKeyFrame } = accessUnit(0);
    video.write({ nalUnits, isKeyFrame } as never);
    video.write(undefined as never);
    expect(events.errors.map(({ message }) => message)).toEqual([
      "accessUnit.timestamp: expected microseconds, got undefined; fromAnnexB of @inband/media stamps the access units of a live source",
      "accessUnit: expected an object with nalUnits, timestamp and isKeyFrame, got undefined",
    ]);
    expect(video.stats().accessUnits).toBe(0);
  });

  it("names what is no peer connection, encoder or option", async () => {
    const video = newVideo();
    await expect(video.connect({} as never)).rejects.toThrow(
      /^pc: expected an RTCPeerConnection of werift, got an object$/,
    );
    await expect(video.connect(peer(), { timeout: 5 } as never)).rejects.toThrow(/^timeout: no such option/);
    expect(() => video.connectEncoder(undefined as never)).toThrow(
      /^encoder: expected .*requestKeyFrame, got undefined$/,
    );
    expect(() => video.connectEncoder({ requestKeyFrame() {} }, { bitrate: 1 } as never)).toThrow(/^bitrate: no such/);
    expect(() => new WeriftVideo({ limit: 5 } as never)).toThrow(/^limit: no such option, expected name, limits, /);
    expect(() => peerConfig({ transportCC: false } as never)).toThrow(/^transportCC: no such option, expected audio, /);
    expect(() => weriftInjector(peer().addTransceiver("video").receiver as never)).toThrow(
      /^target: expected an RTCRtpSender or a MediaStreamTrack of werift, got a/,
    );
  });

  it("lets a process live whose connection fails before anybody waits for it", async () => {
    const rejections: unknown[] = [];
    const hear = (reason: unknown): void => void rejections.push(reason);
    process.on("unhandledRejection", hear);
    onTestFinished(() => void process.off("unhandledRejection", hear));
    const video = newVideo();
    const connected = video.connect(peer());
    video.close();
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(rejections).toEqual([]);
    await expect(connected).rejects.toMatchObject({ code: "closed" });
  });

  it("answers an offer as well, with the transceiver that the offer brought", async () => {
    const video = newVideo();
    const { pc: offerer, transceiver } = receiver();
    const packets = packetsOf(transceiver);
    const answerer = peer();
    await offerer.setLocalDescription(await offerer.createOffer());
    await answerer.setRemoteDescription(offerer.localDescription as { type: "offer"; sdp: string });
    const connected = video.connect(answerer);
    await answerer.setLocalDescription(await answerer.createAnswer());
    await offerer.setRemoteDescription(answerer.localDescription as { type: "answer"; sdp: string });
    await connected;
    expect(answerer.getTransceivers()).toHaveLength(1);
    video.write(accessUnit(0));
    await until(() => packets.length > 0);
  });

  it("lets the picture pass, without the message, when inserting it fails", async () => {
    const video = newVideo();
    const { packets } = await connectedTo(video);
    const events = new RecordedEvents();
    const open = video.open(events);
    open.offer(message("broken", { ageOffset: 1000 }));
    for (let index = 0; index < 3; index++) video.write(accessUnit(index));
    await until(() => new Set(packets.map(({ header }) => header.timestamp)).size === 3);
    expect(events.errors.length).toBeGreaterThan(0);
    expect(video.stats().failures).toBe(events.errors.length);
    open.withdraw("broken");
  });

  it("refuses a real peer without H.264 that offers, and names what it offered", async () => {
    const offerer = newWrtcPeer();
    offerer.addTransceiver("video", { direction: "recvonly" });
    await offerer.setLocalDescription(await offerer.createOffer());
    const answerer = peer();
    await answerer.setRemoteDescription({ type: "offer", sdp: offerer.localDescription?.sdp as string });
    const error = await newVideo()
      .connect(answerer)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NoH264Error);
    const { offered, reason, code } = error as NoH264Error;
    expect({ reason, code }).toEqual({ reason: "no-common-codec", code: "no-h264" });
    expect(offered).toEqual(expect.arrayContaining(["VP8", "VP9"]));
    expect(offered.join()).not.toMatch(/rtx|red|ulpfec/i);
    expect((error as Error).message).toContain("VP8");
  });

  it("refuses it too when it called connect before the offer came", async () => {
    const offerer = newWrtcPeer();
    offerer.addTransceiver("video", { direction: "recvonly" });
    await offerer.setLocalDescription(await offerer.createOffer());
    const answerer = peer();
    const connected = newVideo().connect(answerer);
    const refused = expect(connected).rejects.toMatchObject({
      name: "NoH264Error",
      offered: expect.arrayContaining(["VP8"]),
    });
    await answerer.setRemoteDescription({ type: "offer", sdp: offerer.localDescription?.sdp as string });
    await answerer.setLocalDescription(await answerer.createAnswer());
    await refused;
  });

  it("refuses it when it answers, though the connection says connected", async () => {
    const offerer = peer();
    const connected = newVideo().connect(offerer);
    const refused = expect(connected).rejects.toBeInstanceOf(NoH264Error);
    await offerer.setLocalDescription(await offerer.createOffer());
    const answerer = newWrtcPeer();
    await answerer.setRemoteDescription({ type: "offer", sdp: offerer.localDescription?.sdp as string });
    await answerer.setLocalDescription(await answerer.createAnswer());
    await offerer.setRemoteDescription({ type: "answer", sdp: answerer.localDescription?.sdp as string });
    await refused;
  });

  it("refuses a peer that takes H.264 only in packetization mode 0", async () => {
    const parameters = "profile-level-id=42e01f;packetization-mode=0;level-asymmetry-allowed=1";
    const offerer = peer({
      codecs: { video: [useH264({ payloadType: 96, parameters }), useVP8({ payloadType: 98 })] },
    });
    offerer.addTransceiver("video", { direction: "recvonly" });
    await offerer.setLocalDescription(await offerer.createOffer());
    const answerer = peer();
    await answerer.setRemoteDescription(offerer.localDescription as { type: "offer"; sdp: string });
    const refused = expect(newVideo().connect(answerer)).rejects.toMatchObject({
      reason: "packetization-mode",
      offered: ["H264 packetization-mode=0", "VP8"],
    });
    await answerer.setLocalDescription(await answerer.createAnswer());
    await offerer.setRemoteDescription(answerer.localDescription as { type: "answer"; sdp: string });
    await refused;
  });

  it("rejects when the peer connection is closed, when the signal aborts, and for the same connection twice", async () => {
    const video = newVideo();
    const closing = peer();
    const connected = video.connect(closing);
    const closed = expect(connected).rejects.toBeInstanceOf(ConnectError);
    await closing.close();
    await closed;

    const controller = new AbortController();
    const aborted = peer();
    const rejected = expect(video.connect(aborted, { signal: controller.signal })).rejects.toThrow("given up");
    controller.abort(new Error("given up"));
    await rejected;

    const twice = peer();
    const first = video.connect(twice);
    await expect(video.connect(twice)).rejects.toBeInstanceOf(TypeError);
    const ended = expect(first).rejects.toBeInstanceOf(ConnectError);
    video.close();
    await ended;
    await expect(video.connect(peer())).rejects.toMatchObject({ code: "closed" });
  });

  it("gives messages back as dropped when it is closed", () => {
    const video = newVideo();
    const events = new RecordedEvents();
    video.open(events).offer(message("waiting"));
    video.close();
    expect(events.reports).toMatchObject([{ messageId: "waiting", outcome: "dropped" }]);
    video.write(accessUnit(0));
  });

  it("makes RTP timestamps of microseconds without drift, over the wrap and from any epoch", () => {
    const video = newVideo();
    const zero = video.rtpTimestamp(0);
    const ticks = (timestamp: number): number => (video.rtpTimestamp(timestamp) - zero + 2 ** 32) % 2 ** 32;
    for (const frame of [1, 30, 54_000, 1_431_655_765 % 10_000_000]) {
      expect(ticks(Math.round((frame * 1_000_000) / 30))).toBe((frame * 3000) % 2 ** 32);
    }
    expect(Number.isInteger(video.rtpTimestamp(1_790_000_000_123_456))).toBe(true);
    expect(video.rtpTimestamp(-1_000_000)).toBe((zero - 90_000 + 2 ** 32) % 2 ** 32);
  });
});

type Rtcp = Parameters<RTCPeerConnection["dtlsTransports"][number]["sendRtcp"]>[0][number];

/** A Full Intra Request (RFC 5104 4.3.1), whose class werift does not export. */
function fullIntraRequest(ssrc: number): Rtcp {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32BE(0x84ce0004, 0);
  bytes.writeUInt32BE(1, 4);
  bytes.writeUInt32BE(ssrc, 12);
  bytes[16] = 1;
  return { serialize: () => bytes } as unknown as Rtcp;
}

/** A REMB (draft-alvestrand-rmcat-remb 2.2). */
function receiverEstimatedMaxBitrate(ssrc: number, bitsPerSecond: number): Rtcp {
  const exponent = Math.max(0, Math.ceil(Math.log2(bitsPerSecond)) - 18);
  const bytes = Buffer.alloc(24);
  bytes.writeUInt32BE(0x8fce0005, 0);
  bytes.writeUInt32BE(1, 4);
  bytes.write("REMB", 12);
  bytes.writeUInt32BE((1 << 24) | (exponent << 18) | Math.floor(bitsPerSecond / 2 ** exponent), 16);
  bytes.writeUInt32BE(ssrc, 20);
  return { serialize: () => bytes } as unknown as Rtcp;
}
