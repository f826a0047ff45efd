import { createSocket } from "node:dgram";
import { SeiPublisher } from "@inband/publisher";
import { servedStage } from "@inband/rig/stage/served-stage";
import { steadyVideo } from "@inband/rig/steady-video";
import { until } from "@inband/rig/until";
import { connectWhep, connectWhip } from "@inband/stage/client";
import { SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/werift";
import { describe, expect, it, onTestFinished } from "vitest";
import { peer, publish } from "./stage.ts";

/** Publishes a picture every 20 ms. */
async function publishes(url: string, token: string) {
  const { video, pc, connected } = await publish(url, token);
  const publisher = new SeiPublisher<string>();
  onTestFinished(() => publisher.close());
  const errors: Error[] = [];
  publisher.on("error", (error) => errors.push(error));
  publisher.attach(video);
  await connected;
  const stop = steadyVideo((unit) => video.write(unit));
  return { video, publisher, errors, pc, stop };
}

describe("a participant that vanishes without a word", () => {
  it("is neither listed nor given to others for longer than it is silent, whatever strangers send", async () => {
    const { stage, url } = await servedStage();
    const token = await stage.createToken({ url, participantId: "alice" });
    const { pc, stop } = await publishes(url, token);
    await until(() => stage.participants()[0]?.isConnected === true);
    stop();
    const ports = [...(pc.remoteDescription?.sdp.matchAll(/^a=candidate:\S+ 1 udp \d+ \S+ (\d+) /gm) ?? [])];
    // werift sends no close_notify.
    await pc.close();
    const socket = createSocket("udp4");
    const forged = [Buffer.alloc(60, 0x80), Buffer.alloc(60, 0x80).fill(201, 1, 2), Buffer.alloc(60, 23)];
    const flood = setInterval(() => {
      for (const [, port] of ports) for (const bytes of forged) socket.send(bytes, Number(port), "127.0.0.1");
    }, 50);
    onTestFinished(() => {
      clearInterval(flood);
      socket.close();
    });
    await until(() => stage.participants().length === 0);
    await expect(connectWhep(peer(), { url: `${url}/subscribe/alice`, token })).rejects.toMatchObject({
      status: 404,
      code: "not-publishing",
    });
  });

  it("is replaced at once by its next process, and those who watch go on with it in the same session", async () => {
    const { stage, url } = await servedStage();
    const token = await stage.createToken({ url, participantId: "alice" });
    const first = await publishes(url, token);
    await until(() => stage.participants()[0]?.isConnected === true);
    const viewer = peer();
    const subscriber = new SeiSubscriber<string>();
    onTestFinished(() => subscriber.close());
    const received: string[] = [];
    subscriber.on("message", ({ value }) => received.push(value));
    const transceiver = viewer.addTransceiver("video", { direction: "recvonly" });
    subscriber.attach(weriftFeed(transceiver));
    const packets: { sequenceNumber: number; timestamp: number }[] = [];
    transceiver.onTrack.subscribe((track) =>
      track.onReceiveRtp.subscribe(({ header: { sequenceNumber, timestamp } }) => {
        packets.push({ sequenceNumber, timestamp });
      }),
    );
    await connectWhep(viewer, { url: `${url}/subscribe/alice`, token });
    await until(() => viewer.connectionState === "connected");
    first.publisher.publish("before");
    await until(() => received.includes("before"));
    first.stop();
    await first.pc.close();

    const second = await publishes(url, token);
    second.publisher.publish("after");
    await until(() => received.includes("after"));
    expect(received).toEqual(["before", "after"]);
    expect(viewer.dtlsTransports.map(({ state }) => state)).toEqual(["connected"]);
    expect(stage.participants()).toMatchObject([{ participantId: "alice", isConnected: true, subscribers: 1 }]);
    // One stream to those who receive it: SRTP counts the wraps of its sequence numbers, players its timestamps.
    const steps = packets.slice(1).map(({ sequenceNumber, timestamp }, index) => ({
      sequence: (sequenceNumber - (packets[index]?.sequenceNumber ?? 0)) & 0xffff,
      ticks: (timestamp - (packets[index]?.timestamp ?? 0)) >>> 0,
    }));
    for (const { sequence, ticks } of steps) {
      expect(sequence).toBeLessThan(100);
      expect(ticks).toBeLessThan(90_000 * 30);
    }
  });

  it("still refuses another publisher of its name while it lives", async () => {
    const { stage, url } = await servedStage();
    const token = await stage.createToken({ url, participantId: "alice" });
    await publishes(url, token);
    await until(() => stage.participants()[0]?.isConnected === true);
    const second = peer();
    second.addTransceiver("video", { direction: "sendonly" });
    await expect(connectWhip(second, { url: `${url}/publish/alice`, token })).rejects.toMatchObject({ status: 409 });
  });
});

describe("a stage that closes", () => {
  it("is an error of its publishers at once", async () => {
    const { stage, url } = await servedStage();
    const token = await stage.createToken({ url, participantId: "alice" });
    const { errors } = await publishes(url, token);
    await until(() => stage.participants()[0]?.isConnected === true);
    await stage.close();
    await until(() => errors.length > 0);
    expect(errors).toMatchObject([{ name: "ConnectError", code: "closed" }]);
  });
});
