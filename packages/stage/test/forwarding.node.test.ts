import { buildSei, buildUserDataUnregistered, insertSei } from "@inband/h264";
import { SeiPublisher } from "@inband/publisher";
import { accessUnit } from "@inband/rig/access-unit";
import { servedStage } from "@inband/rig/stage/served-stage";
import { until } from "@inband/rig/until";
import { newVideo } from "@inband/rig/werift/test-peer";
import { connectWhep, connectWhip, RemoteError, type StageSession } from "@inband/stage/client";
import { type Stage, serveStage } from "@inband/stage/server";
import { SeiSubscriber } from "@inband/subscriber";
import { peerConfig, weriftFeed } from "@inband/werift";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  GenericNack,
  MediaStreamTrack,
  RTCPeerConnection,
  type RTCRtpTransceiver,
  RTP_EXTENSION_URI,
  RtcpTransportLayerFeedback,
  RtpHeader,
  RtpPacket,
  useVP8,
} from "werift";
import { peer, publishedStage } from "./stage.ts";

interface Joined {
  readonly pc: RTCPeerConnection;
  readonly session: StageSession;
}

async function subscribed(
  url: string,
  token: string,
  attach: (transceiver: RTCRtpTransceiver) => void,
): Promise<Joined> {
  const pc = peer();
  attach(pc.addTransceiver("video", { direction: "recvonly" }));
  const session = await connectWhep(pc, { url: `${url}/subscribe/alice`, token });
  await until(() => pc.connectionState === "connected");
  return { pc, session };
}

const subscribers = (stage: Stage): number | undefined => stage.participants()[0]?.subscribers;

describe("a stage between a publisher and its subscribers", () => {
  it("brings every message to each subscriber once, on the frame it speaks of", async () => {
    const { stage, url, token, video, session } = await publishedStage();
    const publisher = new SeiPublisher<{ text: string }>();
    onTestFinished(() => publisher.close());
    publisher.attach(video);
    const received: { text: string; rtpTimestamp: number | undefined }[][] = [];
    for (let count = 0; count < 2; count++) {
      const subscriber = new SeiSubscriber<{ text: string }>();
      onTestFinished(() => subscriber.close());
      const messages: (typeof received)[number] = [];
      received.push(messages);
      subscriber.on("message", ({ value, rtpTimestamp }) => messages.push({ text: value.text, rtpTimestamp }));
      await subscribed(url, token, (transceiver) => subscriber.attach(weriftFeed(transceiver)));
    }
    expect(subscribers(stage)).toBe(2);
    const expected: string[] = [];
    const sent: Promise<unknown>[] = [];
    for (let index = 0; index < 60; index++) {
      if (index % 2 === 0 && index < 50) {
        const text = `message ${index} ${"x".repeat(index * 10)}`;
        expected.push(text);
        sent.push(publisher.publish({ text }, { topic: "chat", timestamp: accessUnit(index).timestamp }).sent);
      }
      video.write(accessUnit(index, { isKeyFrame: index % 20 === 0 }));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect((await Promise.all(sent)).map((receipt) => (receipt as { outcome: string }).outcome)).toEqual(
      expected.map(() => "sent"),
    );
    await until(() => received.every((messages) => messages.length >= expected.length));
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const messages of received) {
      expect(messages.map(({ text }) => text)).toEqual(expected);
      expect(messages.map(({ rtpTimestamp }) => rtpTimestamp)).toEqual(
        expected.map((_, index) => video.rtpTimestamp(accessUnit(index * 2).timestamp)),
      );
    }
    await session.close();
  });

  it("forwards payloads, timestamps, markers and sequence numbers as they came, a 300 KB picture whole", async () => {
    const { url, token, video, pc } = await publishedStage();
    const sent: RtpPacket[] = [];
    const received: RtpPacket[] = [];
    await subscribed(url, token, (transceiver) => {
      transceiver.onTrack.subscribe((track) => track.onReceiveRtp.subscribe((packet) => received.push(packet)));
    });
    const { sender } = pc.getTransceivers()[0] as RTCRtpTransceiver;
    const sendRtp = sender.sendRtp.bind(sender);
    vi.spyOn(sender, "sendRtp").mockImplementation((packet) => {
      sent.push(packet as RtpPacket);
      return sendRtp(packet);
    });
    for (let index = 0; index < 5; index++) {
      video.write(accessUnit(index, { isKeyFrame: index === 2, sliceBytes: index === 2 ? 300_000 : 2000 }));
      await new Promise((resolve) => setTimeout(resolve, 33));
    }
    await until(() => video.stats().accessUnits === 5 && sent.length === video.stats().packets && sent.length > 250);
    // A set: on a busy machine the subscriber asks for packets again, and gets them twice.
    const read = (packets: readonly RtpPacket[]): Set<string> =>
      new Set(
        packets.map(({ header, payload }) =>
          [header.sequenceNumber, header.timestamp, header.marker, payload.toString("base64")].join(),
        ),
      );
    expect(read(sent).size).toBe(sent.length);
    await until(() => read(received).size >= sent.length);
    expect([...read(received)].toSorted()).toEqual([...read(sent)].toSorted());
    expect(new Set(received.map(({ header }) => header.payloadType))).toEqual(new Set([96]));
  });

  it("repeats packets of a 300 KB picture, also those that werift does not keep any more", async () => {
    const { stage, url, token, video } = await publishedStage();
    const received: number[] = [];
    const { pc } = await subscribed(url, token, (transceiver) => {
      transceiver.onTrack.subscribe((track) =>
        track.onReceiveRtp.subscribe(({ header }) => received.push(header.sequenceNumber)),
      );
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    video.write(accessUnit(0, { sliceBytes: 300_000 }));
    await until(() => new Set(received).size > 250);
    const [first = 0] = received;
    const repeated = async () => {
      const figures = await (await stage.app.request("/metrics")).text();
      return Number(/^inband_stage_repeated_packets_total (\d+)/m.exec(figures)?.[1]);
    };
    const before = await repeated();
    const [{ receiver }] = pc.getTransceivers() as [RTCRtpTransceiver];
    const mediaSourceSsrc = receiver.track.ssrc as number;
    const nack = new GenericNack({ senderSsrc: receiver.rtcpSsrc, mediaSourceSsrc, lost: [first] });
    await receiver.dtlsTransport.sendRtcp([new RtcpTransportLayerFeedback({ feedback: nack })]);
    await until(() => received.lastIndexOf(first) > 250);
    expect(await repeated()).toBeGreaterThan(before);
  });

  it("forwards the Dependency Descriptor to whoever agreed on it, under the id that each one gave it", async () => {
    const { url, token, video } = await publishedStage();
    const received: { frameNumber: number; bytes: number }[][] = [[], [], []];
    const config = peerConfig({ loopback: true });
    const extensions = config.headerExtensions?.video ?? [];
    for (const [index, video] of [extensions, extensions.toReversed(), extensions.slice(0, 3)].entries()) {
      const pc = peer({ headerExtensions: { video, audio: [] } });
      const transceiver = pc.addTransceiver("video", { direction: "recvonly" });
      transceiver.onTrack.subscribe((track) =>
        track.onReceiveRtp.subscribe((_, values) => {
          const descriptor: Buffer | undefined = values?.[RTP_EXTENSION_URI.dependencyDescriptor];
          received[index]?.push({ frameNumber: descriptor?.readUInt16BE(1) ?? -1, bytes: descriptor?.length ?? 0 });
        }),
      );
      await connectWhep(pc, { url: `${url}/subscribe/alice`, token });
      await until(() => pc.connectionState === "connected");
    }
    // The subscribers are connected a moment before the stage knows it.
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (let index = 0; index < 3; index++) video.write(accessUnit(index, { isKeyFrame: index === 1 }));
    const numbers = [0, 1, 2];
    await until(() => received.every((packets) => packets.length === numbers.length));
    const described = numbers.map((frameNumber, at) => ({ frameNumber, bytes: at === 1 ? 8 : 3 }));
    expect(received[0]).toEqual(described);
    expect(received[1]).toEqual(described);
    expect(received[2]).toEqual(numbers.map(() => ({ frameNumber: -1, bytes: 0 })));
  });

  it("forwards a packet once, however often it comes, over the wrap of sequence numbers, and padding as a packet, but not before the first picture", async () => {
    const { stage, url } = await servedStage();
    const pc = peer();
    const track = new MediaStreamTrack({ kind: "video" });
    pc.addTransceiver(track, { direction: "sendonly" });
    const token = await stage.createToken({ url, participantId: "alice" });
    await connectWhip(pc, { url: `${url}/publish/alice`, token });
    await until(() => stage.participants()[0]?.isConnected === true && pc.connectionState === "connected");
    const received: number[] = [];
    await subscribed(url, token, (transceiver) => {
      transceiver.onTrack.subscribe((incoming) =>
        incoming.onReceiveRtp.subscribe(({ header }) => received.push(header.sequenceNumber)),
      );
    });
    // The subscriber is connected a moment before the stage knows it.
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const [sequenceNumber, bytes] of [
      [65_531, 0],
      [65_532, 0],
      [65_533, 9],
      [65_535, 9],
      [65_535, 9],
      [0, 9],
      [65_533, 9],
      [65_534, 9],
      [0, 9],
      [1, 0],
      [2, 9],
      [1, 0],
      [3, 9],
    ] as const) {
      const header = new RtpHeader({ sequenceNumber, timestamp: sequenceNumber, marker: true });
      track.writeRtp(new RtpPacket(header, Buffer.alloc(bytes, 0x41)));
    }
    await until(() => received.includes(3));
    expect(received).toEqual([65_533, 65_535, 0, 65_534, 1, 2, 3]);
  });

  it("brings SEI larger than a packet, which travels in fragments", async () => {
    const { url, token, video } = await publishedStage();
    const received: string[] = [];
    await subscribed(url, token, (transceiver) => {
      weriftFeed(transceiver).open({
        userData: ({ payload }) => received.push(Buffer.from(payload).toString()),
        accessUnits: () => {},
        broken: (count) => expect.fail(`${count} broken`),
        failed: (error) => expect.fail(error.message),
        stalled: () => {},
        ended: () => {},
      });
    });
    const text = "large ".repeat(2000);
    const payload = buildUserDataUnregistered({ uuid: new Uint8Array(16), payload: Buffer.from(text) });
    const sei = buildSei([{ payloadType: 5, payload }]);
    for (let index = 0; received.length === 0; index++) {
      video.write(insertSei(accessUnit(index), [sei]));
      await new Promise((resolve) => setTimeout(resolve, 33));
    }
    expect(received[0]).toBe(text);
  });

  it("forwards Opus beside the video, each on its section", async () => {
    const { stage, url } = await servedStage();
    const pc = peer();
    const audio = new MediaStreamTrack({ kind: "audio" });
    pc.addTransceiver(audio, { direction: "sendonly" });
    const video = newVideo();
    const connected = video.connect(pc);
    const token = await stage.createToken({ url, participantId: "alice" });
    await connectWhip(pc, { url: `${url}/publish/alice`, token });
    await connected;
    await until(() => stage.participants()[0]?.isConnected === true);
    expect(stage.participants()).toMatchObject([{ hasAudio: true, hasVideo: true }]);
    const received: Record<string, string[]> = { audio: [], video: [] };
    const viewer = peer();
    const session = await connectWhep(viewer, { url: `${url}/subscribe/alice`, token });
    for (const { kind, receiver } of viewer.getTransceivers()) {
      receiver.track.onReceiveRtp.subscribe(({ payload }) => received[kind]?.push(payload.toString("hex")));
    }
    await until(() => viewer.connectionState === "connected");
    audio.writeRtp(new RtpPacket(new RtpHeader({ sequenceNumber: 1, timestamp: 960 }), Buffer.from("c0ffee", "hex")));
    video.write(accessUnit(0));
    await until(() => received.audio?.length === 1 && received.video?.length === 1);
    expect(received.audio).toEqual(["c0ffee"]);
    await session.close();
    expect(subscribers(stage)).toBe(0);
  });

  it("asks the publisher for a key frame when someone joins or asks, and merges what comes together", async () => {
    const { url, token, video } = await publishedStage();
    let requests = 0;
    video.connectEncoder({ requestKeyFrame: () => requests++ });
    await new Promise((resolve) => setTimeout(resolve, 250));
    requests = 0;
    const packets: RtpPacket[] = [];
    let receive: RTCRtpTransceiver | undefined;
    await subscribed(url, token, (transceiver) => {
      receive = transceiver;
      transceiver.onTrack.subscribe((track) => track.onReceiveRtp.subscribe((packet) => packets.push(packet)));
    });
    await until(() => requests >= 1);
    video.write(accessUnit(0));
    await until(() => packets.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    requests = 0;
    for (let count = 0; count < 20; count++) {
      await receive?.receiver.sendRtcpPLI((packets[0] as RtpPacket).header.ssrc);
    }
    await until(() => requests >= 1);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(requests).toBeLessThan(10);
  });

  it("ends the subscribers' sessions when the publisher leaves, tells them at once, and takes the publisher back", async () => {
    const { stage, url, token, session } = await publishedStage();
    const viewer = await subscribed(url, token, () => {});
    const closed = new Promise((resolve) =>
      viewer.pc.dtlsTransports[0]?.onStateChange.subscribe((state) => state === "closed" && resolve(state)),
    );
    await session.close();
    await until(() => stage.participants().length === 0);
    await closed;
    const gone = await fetch(viewer.session.location as string, {
      method: "DELETE",
      headers: { authorization: `Bearer ${token}` },
    });
    expect(gone.status).toBe(404);
    const again = peer();
    const video = newVideo();
    const connected = video.connect(again);
    await connectWhip(again, { url: `${url}/publish/alice`, token });
    await connected;
  });

  it("lets someone join a publisher whose connection is still coming about", async () => {
    const { stage, url } = await servedStage();
    const token = await stage.createToken({ url, participantId: "alice" });
    const publisher = peer();
    const connected = newVideo().connect(publisher);
    await connectWhip(publisher, { url: `${url}/publish/alice`, token });
    await subscribed(url, token, () => {});
    await connected;
  });

  it("refuses a second publisher of the same name, and subscribers beyond its bound", async () => {
    const { stage, url, token } = await publishedStage({ maxSubscriptions: 1 });
    const second = peer();
    second.addTransceiver("video", { direction: "sendonly" });
    await expect(connectWhip(second, { url: `${url}/publish/alice`, token })).rejects.toMatchObject({
      status: 409,
      code: "already-publishing",
    });
    await subscribed(url, token, () => {});
    const third = peer();
    await expect(connectWhep(third, { url: `${url}/subscribe/alice`, token })).rejects.toMatchObject({
      status: 403,
      code: "too-many-subscriptions",
    });
    expect(subscribers(stage)).toBe(1);
  });

  it("turns away a subscriber whose publisher leaves while its offer is read, and keeps no session of it", async () => {
    const { stage, url, token, session } = await publishedStage();
    const read = RTCPeerConnection.prototype.setRemoteDescription;
    const leaves = vi.spyOn(RTCPeerConnection.prototype, "setRemoteDescription").mockImplementation(async function (
      this: RTCPeerConnection,
      ...offer
    ) {
      leaves.mockRestore();
      await read.apply(this, offer);
      await session.close();
      await until(() => stage.participants().length === 0);
    });
    onTestFinished(() => leaves.mockRestore());
    const viewer = peer();
    viewer.addTransceiver("video", { direction: "recvonly" });
    await expect(connectWhep(viewer, { url: `${url}/subscribe/alice`, token })).rejects.toMatchObject({
      status: 404,
      code: "not-publishing",
    });
  });

  it("refuses a client that offers no H.264, and one that names nobody", async () => {
    const { url, token } = await publishedStage();
    const vp8 = peer();
    vp8.setConfiguration({ codecs: { video: [useVP8({ payloadType: 96 })], audio: [] } });
    const error = await connectWhep(vp8, { url: `${url}/subscribe/alice`, token }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({ status: 406, code: "no-h264", message: expect.stringContaining("VP8") });
    await expect(connectWhep(peer(), { url: `${url}/subscribe/nobody`, token })).rejects.toMatchObject({
      status: 404,
      code: "not-publishing",
    });
  });

  it("ends every session when it closes, and answers no more", async () => {
    const { stage, url, token } = await publishedStage();
    await subscribed(url, token, () => {});
    await stage.close();
    expect(stage.participants()).toEqual([]);
    await expect(connectWhep(peer(), { url: `${url}/subscribe/alice`, token })).rejects.toMatchObject({ status: 503 });
    const served = await serveStage(stage);
    await served.close();
  });
});
