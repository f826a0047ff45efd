import { until } from "@inband/rig/until";
import { loopbackPeer, negotiate } from "@inband/rig/werift/peer";
import { guardTransports } from "@inband/werift";
import { describe, expect, it } from "vitest";
import type { RTCPeerConnection } from "werift";
import { isDtls } from "../src/dtls-record.ts";

/** When the copies of a datagram arrive, in milliseconds after it was sent; none where it is lost. */
type Link = (index: number) => readonly number[];

const pass: Link = () => [0];
const lose =
  (lost: number): Link =>
  (index) =>
    index === lost ? [] : [0];
const repeat =
  (repeated: number, afterMs: number): Link =>
  (index) =>
    index === repeated ? [0, afterMs] : [0];
const delay =
  (delayed: number, afterMs: number): Link =>
  (index) => [index === delayed ? afterMs : 0];

/** Passes what a peer sends of DTLS through a link. */
function through(pc: RTCPeerConnection, link: Link): void {
  for (const { iceTransport } of pc.dtlsTransports) {
    const { connection } = iceTransport;
    const send = connection.send.bind(connection);
    let sent = 0;
    connection.send = async (data) => {
      if (!isDtls(data)) return send(data);
      for (const afterMs of link(sent++)) {
        if (afterMs === 0) await send(data);
        else setTimeout(() => void send(data).catch(() => {}), afterMs);
      }
    };
  }
}

/** Connects two peers; resolves to their states when both are connected, or one has failed. */
async function connect(fromOfferer: Link, fromAnswerer: Link): Promise<string[]> {
  // Tests that run at the same time cannot say whose end it is that a helper waits for.
  const [offerer, answerer] = [loopbackPeer(), loopbackPeer()];
  try {
    offerer.addTransceiver("video", { direction: "sendonly" });
    guardTransports(offerer);
    through(offerer, fromOfferer);
    answerer.addTransceiver("video", { direction: "recvonly" });
    guardTransports(answerer);
    through(answerer, fromAnswerer);
    await negotiate(offerer, answerer);
    const states = () => [offerer.connectionState, answerer.connectionState];
    await until(() => states().every((state) => state === "connected") || states().includes("failed"));
    return states();
  } finally {
    await Promise.all([offerer.close(), answerer.close()]);
  }
}

/** werift sends each message in a datagram of its own; neither side has more, but for what it repeats. */
const datagrams = Array.from({ length: 8 }, (_, index) => index);
const connected = ["connected", "connected"];

describe.concurrent("the handshake of two guarded peers succeeds", () => {
  it.each(datagrams)("when datagram %i of the server is lost", async (index) => {
    expect(await connect(lose(index), pass)).toEqual(connected);
  });

  it.each(datagrams)("when datagram %i of the client is lost", async (index) => {
    expect(await connect(pass, lose(index))).toEqual(connected);
  });

  it.each(datagrams)("when datagram %i of the server comes twice, the second time 300 ms later", async (index) => {
    expect(await connect(repeat(index, 300), pass)).toEqual(connected);
  });

  it.each(datagrams)("when datagram %i of the client comes twice, the second time 300 ms later", async (index) => {
    expect(await connect(pass, repeat(index, 300))).toEqual(connected);
  });

  it.each(datagrams)("when datagram %i of the server comes 700 ms late, after its repetition", async (index) => {
    expect(await connect(delay(index, 700), pass)).toEqual(connected);
  });

  it.each(datagrams)("when datagram %i of the client comes 700 ms late, after its repetition", async (index) => {
    expect(await connect(pass, delay(index, 700))).toEqual(connected);
  });

  it("over a round trip that is longer than the first timeout", async () => {
    const late: Link = () => [350];
    expect(await connect(late, late)).toEqual(connected);
  });
});
