import { until } from "@inband/rig/until";
import { negotiate } from "@inband/rig/werift/peer";
import { peer } from "@inband/rig/werift/test-peer";
import { guardTransports } from "@inband/werift";
import { expect, it, onTestFinished } from "vitest";
import type { RTCSctpTransport } from "werift";

/** Two peers with a data channel, the second of them guarded, and what it has received and thrown. */
async function channelPair() {
  const [a, b] = [peer(), peer()];
  const thrown: unknown[] = [];
  const note = (error: unknown): void => void thrown.push(error);
  process.on("unhandledRejection", note);
  onTestFinished(() => void process.off("unhandledRejection", note));
  const received: unknown[] = [];
  b.onDataChannel.subscribe((other) => other.onMessage.subscribe((message) => received.push(message)));
  const channel = a.createDataChannel("messages");
  await negotiate(a, b);
  guardTransports(b);
  guardTransports(b);
  await until(() => channel.readyState === "open");
  const [{ sctp }, { sctp: other }] = [a.sctpTransport, b.sctpTransport] as [RTCSctpTransport, RTCSctpTransport];
  return { a, channel, sctp, other, received, thrown };
}

it("keeps running, and reads on, whatever a peer sends on its data channels", async () => {
  const { a, channel, sctp, received, thrown } = await channelPair();
  const [dtls] = a.dtlsTransports;
  for (const bytes of [[], [1], [1, 2, 3, 4, 5], Array.from({ length: 40 }, (_, index) => index)]) {
    await dtls?.sendData(Buffer.from(bytes));
  }
  const stream = channel.id as number;
  await sctp.send(stream + 6, 50, Buffer.of(2), { ordered: true } as never);
  await sctp.send(stream + 6, 51, Buffer.from("to nobody"), { ordered: true } as never);
  await sctp.send(stream, 99, Buffer.from("of an unknown protocol"), { ordered: true } as never);
  await sctp.send(stream, 50, Buffer.of(3, 0, 0), { ordered: true } as never);
  channel.send("hello");
  channel.send("x".repeat(60_000));
  await until(() => received.length === 2);
  expect(received[0]).toBe("hello");
  expect(thrown).toEqual([]);
});

it("walks over no chunk or parameter without a length, and counts over no acknowledgement of what never left", async () => {
  const { channel, sctp, received, thrown } = await channelPair();
  const sent = sctp as unknown as { sendChunk(chunk: { type: number; bytes: Buffer }): Promise<void> };
  const gaps = Buffer.alloc(16 + 4 * 280);
  gaps.writeUInt8(3, 0);
  gaps.writeUInt16BE(gaps.length, 2);
  gaps.writeUInt32BE(0x7fffffff, 4);
  gaps.writeUInt16BE(280, 12);
  for (let at = 16; at < gaps.length; at += 4) gaps.writeUInt32BE(0x0001_ffff, at);
  for (const bytes of [
    Buffer.of(4, 0, 0, 0),
    Buffer.of(4, 0, 0, 3, 0, 0, 0, 0),
    Buffer.of(130, 0, 0, 8, 0, 13, 0, 0),
    Buffer.of(4, 0, 0, 12, 0, 1, 0, 4, 0, 1, 0, 0),
    Buffer.of(4, 0, 1, 0, 0, 0, 0, 0),
    gaps,
  ]) {
    await sent.sendChunk({ type: bytes[0] as number, bytes });
  }
  channel.send("hello");
  await until(() => received.length === 1);
  expect(thrown).toEqual([]);
});

it("keeps no more of messages that never end than it has said it would", async () => {
  const { channel, other } = await channelPair();
  const held = () =>
    Object.values(
      (other as unknown as { inboundStreams: Record<number, { reassembly: { userData: Buffer }[] }> }).inboundStreams,
    )
      .flatMap(({ reassembly }) => reassembly)
      .reduce((sum, { userData }) => sum + userData.length, 0);
  const members = other as unknown as { receiveDataChunk(chunk: object): void; lastReceivedTsn: number };
  let tsn = members.lastReceivedTsn;
  // Fragments from the middle of a message, as a peer that cares for no window sends them.
  for (let count = 0; count < 3000; count += 1) {
    tsn = (tsn + 1) >>> 0;
    const userData = Buffer.alloc(1000);
    members.receiveDataChunk({
      flags: 0,
      tsn,
      streamId: (channel.id as number) + 8,
      streamSeqNum: 0,
      protocol: 51,
      userData,
    });
  }
  expect(held()).toBeGreaterThan(500_000);
  expect(held()).toBeLessThanOrEqual(1024 * 1024);
});
