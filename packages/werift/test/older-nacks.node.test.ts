import { until } from "@inband/rig/until";
import { impair } from "@inband/rig/werift/impairment";
import { negotiate } from "@inband/rig/werift/peer";
import { peer } from "@inband/rig/werift/test-peer";
import { OlderNacks, PacketHistory, peerConfig } from "@inband/werift";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  GenericNack,
  MediaStreamTrack,
  type RTCPeerConnectionConfig,
  RTP_EXTENSION_URI,
  RtcpTransportLayerFeedback,
  RtpHeader,
  RtpPacket,
} from "werift";
import { keptPacket, repeatsByRtx, silenceNack } from "../src/werift-rtp-internals.ts";

const withoutRtx = (): RTCPeerConnectionConfig => {
  const config = peerConfig({ loopback: true });
  const video = config.codecs?.video?.filter(({ mimeType }) => mimeType === "video/H264") ?? [];
  return { ...config, codecs: { video, audio: [] } };
};

/** A connection on which so many packets have left, of which those whose index `isLost` names did not arrive. */
async function sent(config: RTCPeerConnectionConfig, count: number, isLost: (index: number) => boolean, first = 1000) {
  const [sending, receiving] = [peer(config), peer(config)];
  const track = new MediaStreamTrack({ kind: "video" });
  const outgoing = sending.addTransceiver(track, { direction: "sendonly" });
  const transceiver = receiving.addTransceiver("video", { direction: "recvonly" });
  const numbers: number[] = [];
  const payloads: string[] = [];
  transceiver.onTrack.subscribe((incoming) =>
    incoming.onReceiveRtp.subscribe(({ header, payload }) => {
      numbers.push(header.sequenceNumber);
      payloads.push(payload.toString());
    }),
  );
  await negotiate(sending, receiving);
  await until(() => sending.connectionState === "connected" && receiving.connectionState === "connected");
  // The receiver asks when the test does, and not by itself.
  silenceNack(transceiver);
  let index = 0;
  const impairment = impair(sending, { loss: () => isLost(index++) }, 1);
  const history = new PacketHistory<RtpPacket>();
  const id = outgoing.headerExtensions.find(({ uri }) => uri === RTP_EXTENSION_URI.dependencyDescriptor)?.id as number;
  let repeated = 0;
  const nacks = new OlderNacks(outgoing, {
    find(sequenceNumber) {
      const packet = history.get(sequenceNumber);
      const descriptor = { id, payload: Buffer.of(0, sequenceNumber >> 8, sequenceNumber & 0xff) };
      return packet && { ...packet.header, payload: packet.payload, descriptor };
    },
    repeated: () => repeated++,
  });
  onTestFinished(() => nacks.close());
  for (let at = 0; at < count; at++) {
    const sequenceNumber = (first + at) & 0xffff;
    const header = new RtpHeader({ sequenceNumber, timestamp: at, marker: true });
    const packet = new RtpPacket(header, Buffer.from(`packet ${sequenceNumber}`));
    history.add(sequenceNumber, packet);
    outgoing.sender.sendRtp(packet).catch(() => {});
    nacks.left(sequenceNumber);
    if (at % 30 === 29) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  impairment[Symbol.dispose]();
  await until(() => numbers.includes((first + count - 1) & 0xffff));
  const nackOf = (...lost: number[]) =>
    new RtcpTransportLayerFeedback({
      feedback: new GenericNack({ senderSsrc: 1, mediaSourceSsrc: outgoing.sender.ssrc, lost }),
    });
  // werift reads a NACK wrongly when another one follows in its packet.
  const ask = (...nacks: number[][]) =>
    Promise.all(nacks.map((lost) => receiving.dtlsTransports[0]?.sendRtcp([nackOf(...lost)])));
  const { sender, mid, headerExtensions } = outgoing;
  const uriOf = (id: number) => headerExtensions.find((extension) => extension.id === id)?.uri;
  return { ask, numbers, payloads, sender, mid: mid ?? "", uriOf, repeated: () => repeated };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 60));

describe.each([
  ["with RTX", () => peerConfig({ loopback: true })],
  ["without RTX", withoutRtx],
])("NACKs for packets that werift does not keep, %s", (name, config) => {
  it("are answered, once within 10 ms, beside those that werift answers itself", async () => {
    const line = await sent(config(), 300, (index) => index === 3 || index === 290);
    expect(repeatsByRtx(line.sender)).toBe(name === "with RTX");
    expect([keptPacket(line.sender, 1003), keptPacket(line.sender, 1290) === undefined]).toEqual([undefined, false]);
    await line.ask([1003, 1290], [1003]);
    await until(() => line.numbers.includes(1003) && line.numbers.includes(1290));
    await settled();
    expect(line.numbers.filter((number) => number === 1003)).toEqual([1003]);
    expect(line.payloads[line.numbers.indexOf(1003)]).toBe("packet 1003");
    expect(line.repeated()).toBe(1);
    await line.ask([1003]);
    await until(() => line.repeated() === 2);
  });

  it("find nothing for a packet that never left", async () => {
    const line = await sent(config(), 200, () => false);
    const before = line.numbers.length;
    await line.ask([5, 60_000]);
    await settled();
    expect([line.numbers.length, line.repeated()]).toEqual([before, 0]);
  });
});

it("brings MID and Dependency Descriptor along with a packet that is made anew", async () => {
  const line = await sent(peerConfig({ loopback: true }), 200, (index) => index === 0);
  const again = vi.spyOn(line.sender.dtlsTransport, "sendRtp");
  await line.ask([1000]);
  await until(() => line.numbers.includes(1000));
  const extensions = again.mock.calls[0]?.[1].extensions.map(({ id, payload }) => [line.uriOf(id), [...payload]]);
  expect(extensions).toEqual([
    [RTP_EXTENSION_URI.sdesMid, [...Buffer.from(line.mid)]],
    [RTP_EXTENSION_URI.dependencyDescriptor, [0, 1000 >> 8, 1000 & 0xff]],
  ]);
});

it("repeats nothing from before a wrap without RTX, and all with it", async () => {
  const first = 65_536 - 100;
  for (const [config, expected] of [
    [withoutRtx(), []],
    [peerConfig({ loopback: true }), [first]],
  ] as const) {
    const line = await sent(config, 300, (index) => index === 0, first);
    await line.ask([first]);
    await settled();
    expect(line.numbers.filter((number) => number === first)).toEqual(expected);
  }
});
