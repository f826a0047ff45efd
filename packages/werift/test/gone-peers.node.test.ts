import { SeiPublisher } from "@inband/publisher";
import { steadyVideo } from "@inband/rig/steady-video";
import { until } from "@inband/rig/until";
import { negotiate } from "@inband/rig/werift/peer";
import { newVideo, peer, receiver } from "@inband/rig/werift/test-peer";
import { SeiSubscriber } from "@inband/subscriber";
import { SilenceWatch, silentAfterMs, type TransportGuard, weriftFeed } from "@inband/werift";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { DtlsSocket, RTCPeerConnection } from "werift";

async function connected() {
  const video = newVideo();
  const publisher = new SeiPublisher<number>();
  const errors: (Error & { code?: string })[] = [];
  publisher.on("error", (error) => errors.push(error));
  publisher.attach(video);
  const [a, { pc: b }] = [peer(), receiver()];
  const standing = video.connect(a);
  await negotiate(a, b);
  await standing;
  await until(() => b.connectionState === "connected");
  steadyVideo((unit) => video.write(unit));
  onTestFinished(() => publisher.close());
  return { video, publisher, errors, a, b };
}

/** Lets nothing of a peer connection leave. Returns what lets it speak again. */
function mute(pc: RTCPeerConnection): () => void {
  const protocol = pc.dtlsTransports[0]?.iceTransport.connection.nominated?.protocol;
  const { transport } = protocol as unknown as { transport: { send: () => Promise<void> } };
  const { send } = transport;
  transport.send = async () => {};
  return () => {
    transport.send = send;
  };
}

describe("a peer of WeriftVideo", () => {
  it("that closes its connection in order is an error of the publishers, and one that this side closes is none", async () => {
    const { errors, a, b } = await connected();
    // What a browser sends when it closes; werift sends nothing.
    const version = { major: 0xfe, minor: 0xfd };
    const header = { contentType: 21, protocolVersion: version, epoch: 1, sequenceNumber: 1000, contentLen: 2 };
    const record = { recordLayerHeader: header, fragment: Buffer.of(1, 0) } as never;
    const dtls = b.dtlsTransports[0]?.dtls as DtlsSocket;
    const encrypted = dtls.cipher.encryptPacket(record).fragment;
    const head = Buffer.from("15fefd000100000000000000", "hex");
    head.writeUInt16BE(1000, 9);
    const bytes = Buffer.concat([head.subarray(0, 11), Buffer.of(0, encrypted.length), encrypted]);
    await b.dtlsTransports[0]?.iceTransport.connection.send(bytes);
    await until(() => errors.length > 0);
    expect(errors).toMatchObject([{ name: "ConnectError", code: "closed" }]);

    const own = await connected();
    await own.a.close();
    await a.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(own.errors).toEqual([]);
  });

  it("that vanishes is an error, and messages wait instead of being called sent; back again it gets them", async () => {
    const { publisher, errors, b, video } = await connected();
    const received = vi.fn();
    b.getTransceivers()[0]?.receiver.track.onReceiveRtp.subscribe(received);
    await publisher.publish(1).sent;
    const speak = mute(b);
    await until(() => errors.length > 0);
    expect(errors).toMatchObject([{ name: "ConnectError", code: "silent" }]);
    let outcome: string | undefined;
    publisher.publish(2, { expiresAfterMs: 60_000 }).sent.then((receipt) => {
      outcome = receipt.outcome;
    });
    // The video goes on: the peer may still hear.
    const before = received.mock.calls.length;
    await until(() => received.mock.calls.length > before + 50);
    expect(outcome).toBeUndefined();
    expect(video.stats().peers).toBe(1);
    speak();
    await until(() => outcome !== undefined);
    expect(outcome).toBe("sent");
    expect(errors).toHaveLength(1);
  });

  it("that vanishes makes nothing sent of what leaves from then on, and gets it where it is back in time", async () => {
    const { publisher, b } = await connected();
    await publisher.publish(1).sent;
    const speak = mute(b);
    const [short, long] = [300, 60_000].map((expiresAfterMs) => publisher.publish(2, { expiresAfterMs }).sent);
    expect(await short).toMatchObject({ outcome: "expired", streams: [{ copies: 3, isUnheard: true }] });
    speak();
    expect(await long).toMatchObject({ outcome: "sent", streams: [{ copies: 3 }] });
  });

  it("that is gone makes room for another, which gets what nobody was there for", async () => {
    const { publisher, video, a, b } = await connected();
    await publisher.publish(1).sent;
    mute(b);
    const { sent } = publisher.publish(7, { expiresAfterMs: 60_000 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await a.close();
    const [c, { pc: d, transceiver }] = [peer(), receiver()];
    const subscriber = new SeiSubscriber();
    onTestFinished(() => subscriber.close());
    const received: unknown[] = [];
    subscriber.on("message", ({ value }) => received.push(value));
    subscriber.attach(weriftFeed(transceiver));
    const standing = video.connect(c);
    await negotiate(c, d);
    await standing;
    const receipt = await sent;
    expect(receipt).toMatchObject({ outcome: "sent", streams: [{ copies: 6 }] });
    await until(() => received.includes(7));
  });
});

describe("SilenceWatch", () => {
  it("counts silence by what the process has seen, asks for a sign of life first, and hears the peer again", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const guard = { heard: 0, probe: vi.fn(async () => false) };
    const told: string[] = [];
    const watch = new SilenceWatch(() => [guard as unknown as TransportGuard], {
      silent: () => told.push("silent"),
      heard: () => told.push("heard"),
    });
    onTestFinished(() => watch.stop());
    vi.advanceTimersByTime(1500);
    expect(guard.probe).not.toHaveBeenCalled();
    // A process that was stopped has missed ticks, and nothing else.
    vi.setSystemTime(Date.now() + 60_000);
    vi.advanceTimersByTime(silentAfterMs - 2000);
    expect(guard.probe).toHaveBeenCalled();
    expect([watch.isSilent, told]).toEqual([false, []]);
    vi.advanceTimersByTime(500);
    expect([watch.isSilent, told]).toEqual([true, ["silent"]]);
    guard.heard++;
    vi.advanceTimersByTime(500);
    expect([watch.isSilent, told]).toEqual([false, ["silent", "heard"]]);
  });
});
