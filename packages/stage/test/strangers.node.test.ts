import { createSocket } from "node:dgram";
import { SeiPublisher } from "@inband/publisher";
import { accessUnit } from "@inband/rig/access-unit";
import { hangMs } from "@inband/rig/hang";
import { servedStage } from "@inband/rig/stage/served-stage";
import { steadyVideo } from "@inband/rig/steady-video";
import { until } from "@inband/rig/until";
import { connectWhep } from "@inband/stage/client";
import { SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/werift";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { RTCPeerConnection } from "werift";
import { peer, publish } from "./stage.ts";

/** A DTLS 1.2 record. */
function record(type: number, epoch: number, fragment: readonly number[], sequenceNumber = 9): Buffer {
  const bytes = Buffer.alloc(13 + fragment.length);
  bytes.writeUInt8(type, 0);
  bytes.writeUInt16BE(0xfefd, 1);
  bytes.writeUInt16BE(epoch, 3);
  bytes.writeUIntBE(sequenceNumber, 5, 6);
  bytes.writeUInt16BE(fragment.length, 11);
  bytes.set(fragment, 13);
  return bytes;
}

/** An unencrypted handshake record with one message. */
function handshake(type: number, body: readonly number[]): Buffer {
  const length = [0, body.length >> 8, body.length & 0xff];
  return record(22, 0, [type, ...length, 0, 0, 0, 0, 0, ...length, ...body]);
}

const random = Array.from({ length: 40 }, (_, index) => (index * 73 + 11) & 0xff);
const hello = [254, 253, ...random.slice(0, 32), 0, 0, 0, 2, 0xc0, 0x2b, 1, 0];
const closeNotify = [1, 0];

/** What anybody can send to a UDP port, some of which an unguarded werift takes for the word of its peer. */
const datagrams: Record<string, Buffer> = {
  "a plaintext close_notify of epoch 0": record(21, 0, closeNotify),
  "a plaintext fatal alert": record(21, 0, [2, 40]),
  "a close_notify that says epoch 1 and is not encrypted": record(21, 1, closeNotify),
  "an alert of epoch 1 with random bytes": record(21, 1, random.slice(0, 26)),
  "an alert without a body": record(21, 0, []),
  "a lone byte 21": Buffer.of(21),
  "a record of type 63 in 14 bytes": record(63, 0, [0]),
  "a record of type 63 that says epoch 1": record(63, 1, random),
  "a record of type 24": record(24, 0, [0]),
  "a change of the cipher": record(20, 0, [1]),
  "a ClientHello": handshake(1, hello),
  "a ServerHello": handshake(2, hello),
  "a ServerHelloDone": handshake(14, []),
  "a plaintext Finished": handshake(20, random.slice(0, 12)),
  "application data of epoch 1": record(23, 1, random),
  "an RTCP BYE": Buffer.of(0x81, 203, 0, 1, 0, 0, 0, 1),
  "an alert behind a record that is cut short": Buffer.concat([record(23, 1, random), record(21, 0, closeNotify)]),
};

/** The UDP ports of a peer connection. */
function portsOf(sdp: string | undefined): number[] {
  const ports = [...(sdp ?? "").matchAll(/^a=candidate:\S+ 1 udp \d+ \S+ (\d+) typ host/gim)].map(([, port]) => port);
  return [...new Set(ports.map(Number))];
}

/** Sends as a stranger would: from ports of its own. */
async function send(bytes: Buffer, ports: readonly number[]): Promise<void> {
  for (let source = 0; source < 2; source++) {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    for (const port of ports) {
      await new Promise((resolve) => socket.send(bytes, port, "127.0.0.1", resolve));
    }
    socket.close();
  }
}

async function publishing() {
  const { stage, url } = await servedStage();
  const token = await stage.createToken({ url, participantId: "alice" });
  const published = await publish(url, token);
  const publisher = new SeiPublisher<number>();
  onTestFinished(() => publisher.close());
  const failures: Error[] = [];
  publisher.on("error", (error) => failures.push(error));
  publisher.attach(published.video);
  return { stage, url, token, ...published, publisher, failures };
}

describe("datagrams of a stranger", () => {
  it("end nothing at a stage, a publisher and a subscriber: media and messages go on", async () => {
    const { stage, url, token, video, publisher, failures, pc, connected } = await publishing();
    await connected;
    await until(() => stage.participants()[0]?.isConnected === true);
    const viewer = peer();
    const subscriber = new SeiSubscriber<number>();
    onTestFinished(() => subscriber.close());
    const received: number[] = [];
    subscriber.on("message", ({ value }) => received.push(value));
    subscriber.attach(weriftFeed(viewer.addTransceiver("video", { direction: "recvonly" })));
    await connectWhep(viewer, { url: `${url}/subscribe/alice`, token });
    await until(() => viewer.connectionState === "connected");
    steadyVideo((unit) => video.write(unit), 10);
    const ends = { publisher: pc, subscriber: viewer } satisfies Record<string, RTCPeerConnection>;
    const targets: Record<string, number[]> = {
      "the publisher": portsOf(pc.localDescription?.sdp),
      "the stage, by its publisher's connection": portsOf(pc.remoteDescription?.sdp),
      "the subscriber": portsOf(viewer.localDescription?.sdp),
      "the stage, by its subscriber's connection": portsOf(viewer.remoteDescription?.sdp),
    };
    let n = 0;
    for (const [name, bytes] of Object.entries(datagrams)) {
      for (const [target, ports] of Object.entries(targets)) {
        expect(ports.length, target).toBeGreaterThan(0);
        await send(bytes, ports);
        const value = n++;
        publisher.publish(value);
        await vi.waitFor(() => expect(received, `${name}, sent to ${target}`).toContain(value), hangMs);
        expect(
          [...Object.values(ends)].flatMap((end) => end.dtlsTransports.map(({ state }) => state)),
          name,
        ).toEqual(["connected", "connected"]);
      }
    }
    expect(received).toEqual(Array.from({ length: n }, (_, index) => index));
    expect(stage.participants()).toMatchObject([{ participantId: "alice", isConnected: true, subscribers: 1 }]);
    expect(failures).toEqual([]);
  });

  it("keep no connection from coming about", async () => {
    const { stage, video, publisher, failures, pc, connected } = await publishing();
    const ports = [...portsOf(pc.localDescription?.sdp), ...portsOf(pc.remoteDescription?.sdp)];
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    onTestFinished(over);
    connected.then(over, over);
    // Over and over, through all states of ICE and DTLS.
    while (!isOver) {
      for (const bytes of Object.values(datagrams)) await send(bytes, ports);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await connected;
    await until(() => stage.participants()[0]?.isConnected === true);
    const { sent } = publisher.publish(1);
    video.write(accessUnit(0));
    expect(await sent).toMatchObject({ outcome: "sent" });
    expect(pc.dtlsTransports.map(({ state }) => state)).toEqual(["connected"]);
    expect(failures).toEqual([]);
  });

  it("with STUN requests teach it no address and get no answer, while those of the peer do", async () => {
    const { stage, pc, connected } = await publishing();
    await connected;
    await until(() => stage.participants()[0]?.isConnected === true);
    const candidates = pc.dtlsTransports[0]?.iceTransport.connection.remoteCandidates.length;
    const [ufrag] = /(?<=a=ice-ufrag:)\S+/.exec(pc.localDescription?.sdp ?? "") ?? [""];
    const name = Buffer.from(`${ufrag}:abcd`.padEnd(12, "x"));
    const request = Buffer.concat([
      Buffer.of(0, 1, 0, 40, 0x21, 0x12, 0xa4, 0x42, ...random.slice(0, 12)),
      Buffer.of(0, 6, 0, 12),
      name,
      // PRIORITY, ICE-CONTROLLED with the least tie-breaker, USE-CANDIDATE.
      Buffer.of(0, 0x24, 0, 4, 110, 0, 1, 255, 0x80, 0x29, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x25, 0, 0),
    ]);
    const socket = createSocket("udp4");
    onTestFinished(() => void socket.close());
    const answers: Buffer[] = [];
    socket.on("message", (bytes) => answers.push(bytes));
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const ports = [...portsOf(pc.localDescription?.sdp), ...portsOf(pc.remoteDescription?.sdp)];
    for (const port of ports) for (let count = 0; count < 5; count++) socket.send(request, port, "127.0.0.1");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(answers).toHaveLength(0);
    expect(pc.dtlsTransports[0]?.iceTransport.connection.remoteCandidates).toHaveLength(candidates ?? -1);
    expect(stage.participants()).toMatchObject([{ isConnected: true }]);
  });
});
