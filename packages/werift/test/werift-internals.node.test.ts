import { KeyObject } from "node:crypto";
import type { Socket } from "node:dgram";
import { until } from "@inband/rig/until";
import { negotiate, offer } from "@inband/rig/werift/peer";
import { peer } from "@inband/rig/werift/test-peer";
import type { PeerConfigOptions } from "@inband/werift";
import { describe, expect, it } from "vitest";
import {
  GenericNack,
  MediaStreamTrack,
  PictureLossIndication,
  type RTCDtlsTransport,
  type RTCPeerConnection,
  RTP_EXTENSION_URI,
  type RtcpPacket,
  RtcpPayloadSpecificFeedback,
  RtcpTransportLayerFeedback,
  RtpHeader,
  RtpPacket,
} from "werift";
import { contentType, type DtlsRecord, isDtls, readDtlsRecords } from "../src/dtls-record.ts";
import { isAuthenticStunRequest } from "../src/stun-integrity.ts";
import {
  decryptRecord,
  endTransport,
  filterStunRequests,
  growReceiveBuffers,
  hasAnsweredCheck,
  type IceConnection,
  type IceProtocol,
  icePasswordOf,
  interceptData,
  isHandshakeComplete,
  onApplicationData,
  onIceProtocol,
  requestConsent,
  sendRecord,
  sourceOf,
  stunAnswers,
  useKeyObjects,
} from "../src/werift-internals.ts";
import {
  keptPacket,
  repeatsByRtx,
  sendAgain,
  sendFeedback,
  sendNumbered,
  silenceNack,
} from "../src/werift-rtp-internals.ts";

const closeNotify = Buffer.of(1, 0);

/** A peer that sends video and has a data channel, and one that receives, before they connect. */
function pair(options: PeerConfigOptions = {}) {
  const [sending, receiving] = [peer({}, options), peer({}, options)];
  const track = new MediaStreamTrack({ kind: "video" });
  const { sender } = sending.addTransceiver(track, { direction: "sendonly" });
  const transceiver = receiving.addTransceiver("video", { direction: "recvonly" });
  const channel = sending.createDataChannel("data");
  return { sending, receiving, sender, transceiver, channel };
}

async function connect({ sending, receiving }: { sending: RTCPeerConnection; receiving: RTCPeerConnection }) {
  await negotiate(sending, receiving);
  await until(() => sending.connectionState === "connected" && receiving.connectionState === "connected");
}

async function connectedPair(options: PeerConfigOptions = {}) {
  const peers = pair(options);
  await connect(peers);
  const [from, to] = [transportOf(peers.sending), transportOf(peers.receiving)];
  return { ...peers, from, to };
}

function transportOf(pc: RTCPeerConnection): RTCDtlsTransport {
  return pc.dtlsTransports[0] as RTCDtlsTransport;
}

function connectionOf(pc: RTCPeerConnection): IceConnection {
  return transportOf(pc).iceTransport.connection;
}

function selectedOf({ nominated }: IceConnection): NonNullable<IceConnection["nominated"]> {
  if (!nominated) throw new Error("connection: expected a selected pair, got none");
  return nominated;
}

function rtpPacket(sequenceNumber: number): RtpPacket {
  return new RtpPacket(
    new RtpHeader({ sequenceNumber, timestamp: sequenceNumber, marker: true }),
    Buffer.alloc(50, 0x41),
  );
}

function keyBytes(key: unknown): Buffer {
  return key instanceof KeyObject ? key.export() : (key as Buffer);
}

describe("in the ICE of werift", () => {
  it("each protocol is reported, whether it exists already or is created later", async () => {
    const peers = pair();
    const connection = connectionOf(peers.sending);
    const early: IceProtocol[] = [];
    const late: IceProtocol[] = [];
    expect(onIceProtocol(connection, (protocol) => early.push(protocol))).toBe(true);
    expect(early).toEqual([]);
    await connect(peers);
    expect(onIceProtocol(connection, (protocol) => late.push(protocol))).toBe(true);
    expect(early).toContain(selectedOf(connection).protocol);
    expect(late).toEqual(early);
  });

  it("a version without what is needed is recognized", () => {
    expect(onIceProtocol({} as IceConnection, () => {})).toBe(false);
  });

  it("STUN requests arrive with their bytes, are signed with a password of ours, and reach werift only if admitted", async () => {
    const { sending, receiving } = await connectedPair();
    const [asking, asked] = [connectionOf(sending), connectionOf(receiving)];
    let admits = true;
    const authentic: boolean[] = [];
    const addresses: (readonly [string, number])[] = [];
    filterStunRequests(selectedOf(asked).protocol, (address, datagram) => {
      addresses.push(address);
      authentic.push(isAuthenticStunRequest(datagram, (fragment) => icePasswordOf(asked, fragment)));
      return admits;
    });
    await requestConsent(asking, 5000);
    expect(authentic).toContain(true);
    expect(authentic).not.toContain(false);
    expect(addresses).toContainEqual(selectedOf(asked).remoteAddr);
    admits = false;
    await expect(requestConsent(asking, 100)).rejects.toThrow();
    admits = true;
    await requestConsent(asking, 5000);
  });

  it("the sockets get more room for what has come, as far as the system allows", async () => {
    const peers = pair();
    growReceiveBuffers(connectionOf(peers.sending), 1024 * 1024);
    await connect(peers);
    const connection = connectionOf(peers.sending);
    const { socket } = (selectedOf(connection).protocol as unknown as { transport: { socket: Socket } }).transport;
    const before = socket.getRecvBufferSize();
    growReceiveBuffers(connection, 2 * before);
    expect(socket.getRecvBufferSize()).toBeGreaterThan(before);
    await peers.sending.close();
    growReceiveBuffers(connection, 1024 * 1024);
  });

  it("a request for consent needs a selected pair", async () => {
    await expect(requestConsent(connectionOf(pair().sending), 100)).rejects.toThrow("selected pair");
  });

  it("passwords remain known after a restart, and nothing else is taken for one", async () => {
    const { sending } = await connectedPair();
    const connection = connectionOf(sending);
    const { localUsername, localPassword } = connection;
    connection.restart();
    expect(connection.localUsername).not.toBe(localUsername);
    expect(icePasswordOf(connection, localUsername)).toBe(localPassword);
    expect(icePasswordOf(connection, connection.localUsername)).toBe(connection.localPassword);
    expect(icePasswordOf(connection, "toString")).toBeUndefined();
  });

  it("answers to checks are counted, and known by protocol and address", async () => {
    const peers = pair();
    const connection = connectionOf(peers.sending);
    expect(stunAnswers(connection)).toBe(0);
    await connect(peers);
    expect(stunAnswers(connection)).toBeGreaterThan(0);
    const { protocol, remoteAddr } = selectedOf(connection);
    const [address, port] = remoteAddr;
    expect(hasAnsweredCheck(connection, protocol, { address, port })).toBe(true);
    expect(hasAnsweredCheck(connection, protocol, { address, port: port + 1 })).toBe(false);
    expect(hasAnsweredCheck(connection, {} as IceProtocol, { address, port })).toBe(false);
  });

  it("a datagram that is not STUN is withheld from werift until it is passed, and its source is known", async () => {
    const { from, to } = await connectedPair();
    const { remoteAddr } = selectedOf(to.iceTransport.connection);
    const alerts = withholdAlerts(to);
    await sendRecord(from, contentType.alert, closeNotify);
    await until(() => alerts.length > 0);
    expect(alerts[0]?.source).toMatchObject({ address: remoteAddr[0], port: remoteAddr[1] });
    expect(to.state).toBe("connected");
    alerts[0]?.pass();
    expect(to.state).toBe("closed");
  });
});

describe("in the DTLS of werift", () => {
  it("the handshake is known to be complete", async () => {
    const peers = pair();
    expect(isHandshakeComplete(transportOf(peers.sending))).toBe(false);
    await connect(peers);
    expect(isHandshakeComplete(transportOf(peers.sending))).toBe(true);
  });

  it("application data is reported once it is decrypted", async () => {
    const { channel, to } = await connectedPair();
    await until(() => channel.readyState === "open");
    let records = 0;
    onApplicationData(to, () => records++);
    channel.send(Buffer.from("data"));
    await until(() => records > 0);
  });

  it("a record of either side is encrypted with a number of its own, and decrypts unless it was changed", async () => {
    const { from, to } = await connectedPair();
    for (const [near, far] of [
      [from, to],
      [to, from],
    ] as const) {
      const alerts = withholdAlerts(far);
      await sendRecord(near, contentType.alert, closeNotify);
      await sendRecord(near, contentType.alert, closeNotify);
      await until(() => alerts.length === 2);
      const [first, second] = alerts.map(({ record }) => record) as [DtlsRecord, DtlsRecord];
      expect(first).toMatchObject({ type: contentType.alert, version: 0xfefd, epoch: 1 });
      expect(second.sequenceNumber).toBeGreaterThan(first.sequenceNumber);
      expect([first, second].map((record) => decryptRecord(far, record))).toEqual([closeNotify, closeNotify]);
      expect(() => decryptRecord(far, { ...first, type: contentType.applicationData })).toThrow();
      expect(() => decryptRecord(far, { ...first, sequenceNumber: second.sequenceNumber })).toThrow();
      expect(() => decryptRecord(far, { ...first, epoch: 0 })).toThrow("plaintext");
    }
  });

  it("records need a connection", async () => {
    const transport = transportOf(pair().sending);
    await expect(sendRecord(transport, contentType.alert, closeNotify)).rejects.toThrow("DTLS connection");
  });

  it("the keys of SRTP become objects once, and media and feedback go on with them", async () => {
    const peers = pair();
    useKeyObjects(transportOf(peers.sending));
    await connect(peers);
    const [from, to] = [transportOf(peers.sending), transportOf(peers.receiving)];
    const keysOf = ({ srtp, srtcp }: RTCDtlsTransport): unknown[] =>
      [srtp, srtcp]
        .flatMap(({ localContext, remoteContext }) => [localContext.cipher, remoteContext.cipher])
        .flatMap((cipher) => Object.entries(cipher))
        .filter(([name]) => /SessionKey|SessionAuthTag/.test(name))
        .map(([, key]) => key);
    const expected = [from, to].map((transport) => keysOf(transport).map((key) => keyBytes(key)));
    for (const transport of [from, to, from]) useKeyObjects(transport);
    const keys = [from, to].map(keysOf);
    expect(keys.flat()).not.toEqual([]);
    expect(keys.flat().every((key) => key instanceof KeyObject)).toBe(true);
    expect(keys.map((list) => list.map((key) => keyBytes(key)))).toEqual(expected);
    const received: RtpPacket[] = [];
    const feedback: RtcpPacket[] = [];
    to.onRtp.subscribe((packet) => received.push(packet));
    from.onRtcp.subscribe((packet) => feedback.push(packet));
    await peers.sender.sendRtp(rtpPacket(1));
    sendFeedback(peers.transceiver.receiver, (senderSsrc) => {
      const pli = new PictureLossIndication({ senderSsrc, mediaSsrc: peers.sender.ssrc });
      return new RtcpPayloadSpecificFeedback({ feedback: pli });
    });
    const isPli = (packet: RtcpPacket): boolean => packet instanceof RtcpPayloadSpecificFeedback;
    await until(() => received.length === 1 && feedback.some(isPli));
    expect(received[0]?.payload).toEqual(Buffer.alloc(50, 0x41));
  });

  it("a transport ends, and the ICE under it goes on", async () => {
    const { from } = await connectedPair();
    endTransport(from);
    expect(from.state).toBe("closed");
    expect(from.iceTransport.state).not.toBe("closed");
    await requestConsent(from.iceTransport.connection, 5000);
  });
});

describe("in the RTP of werift", () => {
  it("the number of a packet on its transport is known at once, and its header has been copied by then", async () => {
    const { sender, transceiver } = await connectedPair();
    const descriptors: unknown[] = [];
    transceiver.receiver.track.onReceiveRtp.subscribe((_, extensions) =>
      descriptors.push(extensions?.[RTP_EXTENSION_URI.dependencyDescriptor]),
    );
    const wanted = transceiver.headerExtensions.find(({ uri }) => uri === RTP_EXTENSION_URI.dependencyDescriptor);
    const id = wanted?.id as number;
    const packet = rtpPacket(1);
    packet.header.extensions = [{ id, payload: Buffer.of(1, 2, 3) }];
    const first = sendNumbered(sender, packet);
    packet.header.extensions = [{ id, payload: Buffer.of(4, 5, 6) }];
    const second = sendNumbered(sender, packet);
    packet.header.extensions = [];
    expect(second).toBe(((first as number) + 1) & 0xffff);
    await until(() => descriptors.length === 2);
    expect(descriptors).toEqual([Buffer.of(1, 2, 3), Buffer.of(4, 5, 6)]);
  });

  it("a packet has no such number without transport-cc, or before there is a connection", async () => {
    const peers = pair({ transportCc: false });
    expect(sendNumbered(peers.sender, rtpPacket(1))).toBeUndefined();
    await connect(peers);
    expect(sendNumbered(peers.sender, rtpPacket(1))).toBeUndefined();
  });

  it("the last 128 packets of a sender are known as they left, and each is repeated in the way that was negotiated", async () => {
    const { sender, to } = await connectedPair();
    expect(repeatsByRtx(sender)).toBe(true);
    for (let number = 0; number < 130; number++) await sender.sendRtp(rtpPacket(number));
    expect([0, 1, 2, 129].map((number) => keptPacket(sender, number)?.header.sequenceNumber)).toEqual([
      undefined,
      undefined,
      2,
      129,
    ]);
    const kept = keptPacket(sender, 129) as RtpPacket;
    expect(kept.header.ssrc).toBe(sender.ssrc);
    const received: RtpPacket[] = [];
    to.onRtp.subscribe((packet) => {
      if (packet.header.ssrc === sender.rtxSsrc) received.push(packet);
    });
    sendAgain(sender, kept);
    sendAgain(sender, kept);
    await until(() => received.length === 2);
    const [first, second] = received as [RtpPacket, RtpPacket];
    expect((second.header.sequenceNumber - first.header.sequenceNumber) & 0xffff).toBe(1);
    expect([...first.payload]).toEqual([0, 129, ...kept.payload]);
  });

  it("feedback names the receiver, whatever the feedback of its codec", async () => {
    const { from, transceiver } = await connectedPair();
    const received = feedbackAt(from);
    silenceNack(transceiver);
    sendFeedback(
      transceiver.receiver,
      (senderSsrc) =>
        new RtcpPayloadSpecificFeedback({ feedback: new PictureLossIndication({ senderSsrc, mediaSsrc: 7 }) }),
    );
    await until(() => received.some((feedback) => feedback instanceof PictureLossIndication));
    expect(received).toContainEqual(
      expect.objectContaining({ senderSsrc: transceiver.receiver.rtcpSsrc, mediaSsrc: 7 }),
    );
  });

  it("NACK is silent until it is restored, and the next offer still has it", async () => {
    const { from, receiving, sender, transceiver } = await connectedPair();
    const received = feedbackAt(from);
    const arrived: number[] = [];
    transceiver.receiver.track.onReceiveRtp.subscribe(({ header }) => arrived.push(header.sequenceNumber));
    const send = async (sequenceNumber: number): Promise<void> => {
      sendNumbered(sender, rtpPacket(sequenceNumber));
      await until(() => arrived.includes(sequenceNumber));
    };
    const silenced = silenceNack(transceiver);
    expect(transceiver.codecs).toBe(silenced.codecs);
    for (const number of [1, 3]) await send(number);
    expect((await offer(receiving)).sdp).toMatch(/a=rtcp-fb:\d+ nack\r\n/);
    silenced.restore();
    for (const number of [10, 12]) await send(number);
    const lost = (): number[] => received.flatMap((feedback) => (feedback instanceof GenericNack ? feedback.lost : []));
    await until(() => lost().length > 0);
    expect(new Set(lost())).toEqual(new Set([11]));
  });
});

/** The DTLS alerts that arrive on a transport from now on; one reaches werift only when it is passed. */
function withholdAlerts({ iceTransport }: RTCDtlsTransport) {
  const alerts: { record: DtlsRecord; source: ReturnType<typeof sourceOf>; pass: () => void }[] = [];
  const { protocol } = selectedOf(iceTransport.connection);
  interceptData(protocol, (datagram, pass) => {
    const [record] = isDtls(datagram) ? readDtlsRecords(datagram) : [];
    if (record?.type !== contentType.alert) pass(datagram);
    else alerts.push({ record, source: sourceOf(protocol), pass: () => pass(datagram) });
  });
  return alerts;
}

/** The feedback that arrives on a transport from now on. */
function feedbackAt(transport: RTCDtlsTransport): object[] {
  const received: object[] = [];
  transport.onRtcp.subscribe((packet: RtcpPacket) => {
    const isFeedback = packet instanceof RtcpTransportLayerFeedback || packet instanceof RtcpPayloadSpecificFeedback;
    if (isFeedback) received.push(packet.feedback);
  });
  return received;
}
