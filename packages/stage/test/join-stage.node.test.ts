import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SeiPublisher } from "@inband/publisher";
import { expiredToken } from "@inband/rig/stage/expired-token";
import { servedStage } from "@inband/rig/stage/served-stage";
import { steadyVideo } from "@inband/rig/steady-video";
import { until } from "@inband/rig/until";
import { newVideo } from "@inband/rig/werift/test-peer";
import { type JoinStageOptions, joinStage, type RemoteError, RemovedError, TokenError } from "@inband/stage/client";
import { createStage } from "@inband/stage/server";
import { SeiSubscriber } from "@inband/subscriber";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocketServer } from "ws";

/** A participant with a video that runs, and what it has received: values by participant. */
async function join(options: JoinStageOptions) {
  const video = newVideo();
  steadyVideo((unit) => video.write(unit));
  const publisher = new SeiPublisher();
  publisher.attach(video);
  const subscriber = new SeiSubscriber();
  const received: string[] = [];
  subscriber.on("message", ({ feed, value }) => received.push(`${feed}: ${value}`));
  subscriber.on("error", () => {});
  publisher.on("error", () => {});
  onTestFinished(() => {
    publisher.close();
    subscriber.close();
  });
  const stage = await joinStage({ publish: video, subscribe: subscriber, ...options });
  onTestFinished(() => stage.leave());
  return { stage, publisher, subscriber, received };
}

async function stageOf() {
  const { stage, url } = await servedStage();
  const token = (participantId: string, more: object = {}) => stage.createToken({ url, participantId, ...more });
  return { stage, url, token };
}

describe("joinStage", () => {
  it("publishes, receives everybody else who publishes, tells who comes and goes, and leaves", async () => {
    const { stage, token } = await stageOf();
    const alice = await join({ token: await token("alice") });
    const told: string[] = [];
    alice.stage.on("joined", ({ participantId }) => told.push(`joined ${participantId}`));
    alice.stage.on("left", ({ participantId }) => told.push(`left ${participantId}`));
    const bob = await join({ token: await token("bob") });
    await until(() => alice.stage.participants().filter(({ isPublishing }) => isPublishing).length === 2);
    const both = stage.participants();
    await until(() => stage.participants().every(({ subscribers }) => subscribers === 1));
    alice.publisher.publish("hello", { retain: true, topic: "greeting" });
    bob.publisher.publish("hi", { retain: true, topic: "greeting" });
    await until(() => alice.received.length === 1 && bob.received.length === 1);
    expect([alice.received, bob.received]).toEqual([["bob: hi"], ["alice: hello"]]);
    expect(both.map(({ participantId }) => participantId)).toEqual(["alice", "bob"]);
    await bob.stage.leave();
    expect(await bob.stage.ended).toBeUndefined();
    await until(() => told.includes("left bob"));
    expect(told).toEqual(["joined bob", "left bob"]);
  });

  it("receives only whom it wants, and needs neither to publish nor to receive", async () => {
    const { stage, token } = await stageOf();
    await join({ token: await token("alice") });
    await join({ token: await token("bob") });
    const shouldSubscribe = ({ participantId }: { participantId: string }) => participantId === "bob";
    const subscriber = new SeiSubscriber();
    const viewer = await joinStage({ token: await token("viewer"), subscribe: subscriber, shouldSubscribe });
    const nobody = await joinStage({ token: await token("nobody") });
    onTestFinished(async () => {
      await Promise.all([viewer.leave(), nobody.leave()]);
      subscriber.close();
    });
    const received = () => stage.participants().map(({ participantId, subscribers }) => [participantId, subscribers]);
    await until(() => received().some(([participantId, count]) => participantId === "bob" && count === 2));
    expect(received()).toEqual([
      ["alice", 1],
      ["bob", 2],
      ["viewer", 0],
      ["nobody", 0],
    ]);
  });

  it("says what is wrong with a token, and does not try again", async () => {
    const { stage, url } = await stageOf();
    const codeOf = (text: string) =>
      joinStage({ token: text }).then(
        () => "joined",
        (error: TokenError) => [error.constructor, error.code],
      );
    expect(await codeOf("nonsense")).toEqual([TokenError, "malformed"]);
    expect(await codeOf(await expiredToken(stage, { url, participantId: "alice" }))).toEqual([TokenError, "expired"]);
    expect(await codeOf(await createStage().createToken({ url, participantId: "alice" }))).toEqual([
      TokenError,
      "bad-signature",
    ]);
    expect(stage.participants()).toEqual([]);
  });

  it("asks for another token where the one before has expired", async () => {
    const { stage, url, token } = await stageOf();
    let asked = 0;
    const ask = () => (asked++ === 0 ? expiredToken(stage, { url, participantId: "alice" }) : token("alice"));
    const alice = await joinStage({ token: ask });
    expect(asked).toBe(2);
    await alice.leave();
  });

  it("goes on with an exchanged token", async () => {
    const { stage, token } = await stageOf();
    const { stage: alice } = await join({ token: await token("alice") });
    await expect(alice.exchangeToken(await token("bob"))).rejects.toThrow(/another participant/);
    await alice.exchangeToken(await token("alice", { userId: "Alice" }));
    expect(stage.participants()[0]?.userId).toBe("Alice");
  });

  it("ends where it is removed, or joined from elsewhere", async () => {
    const { stage, token } = await stageOf();
    const alice = await join({ token: await token("alice") });
    stage.kick("alice");
    expect(await alice.stage.ended).toMatchObject({ name: "RemovedError", code: "removed" });
    const bob = await join({ token: await token("bob") });
    const again = await joinStage({ token: await token("bob") });
    expect(await bob.stage.ended).toBeInstanceOf(RemovedError);
    await again.leave();
  });

  it("takes no state of any size from what it joins", async () => {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    onTestFinished(() => void server.close());
    const ends: number[] = [];
    server.on("connection", (socket) => {
      socket.on("close", (code) => ends.push(code));
      const attributes = { name: "x".repeat(5_000_000) };
      const participants = [{ id: "bob", attributes }];
      socket.send(JSON.stringify({ type: "aws:ivs:STAGE_STATE", payload: { sequenceNumber: 1, participants } }));
    });
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const token = await createStage().createToken({ url, participantId: "alice" });
    const abort = new AbortController();
    const joining = joinStage({ token, signal: abort.signal });
    joining.catch(() => {});
    await until(() => ends.length > 0);
    expect(ends[0]).toBe(1009);
    abort.abort();
    await expect(joining).rejects.toThrow();
  });

  it("stays where it may not receive one more, says so, and receives that one when there is room", async () => {
    const { stage, url } = await servedStage({ maxSubscriptionsPerParticipant: 1 });
    const token = (participantId: string) => stage.createToken({ url, participantId });
    const alice = await join({ token: await token("alice") });
    const bob = await join({ token: await token("bob") });
    await until(() => stage.participants().every(({ subscribers }) => subscribers === 1));
    const refused: unknown[] = [];
    alice.stage.on("refused", (error, what) => refused.push([(error as RemoteError).code, what]));
    bob.stage.on("refused", () => {});
    const carol = await join({ token: await token("carol"), shouldSubscribe: () => false });
    await until(() => refused.length === 1);
    expect(refused).toEqual([["too-many-subscriptions", "subscribe carol"]]);
    alice.publisher.publish("still here", { retain: true, topic: "greeting" });
    await until(() => bob.received.includes("alice: still here"));
    await carol.stage.leave();
    await bob.stage.leave();
    await until(() => stage.participants().length === 1);
    const again = await join({ token: await token("carol"), shouldSubscribe: () => false });
    again.publisher.publish("hello", { retain: true, topic: "greeting" });
    await until(() => alice.received.includes("carol: hello"));
  });

  it("gives up a stage that is not there, within the time that it was given", async () => {
    const token = await createStage().createToken({ url: "http://127.0.0.1:9", participantId: "alice" });
    await expect(joinStage({ token, timeoutMs: 300 })).rejects.toMatchObject({
      ...{ name: "ConnectError", code: "timeout" },
      message: expect.stringMatching(/127\.0\.0\.1:9 was not joined within 300 ms: events: .*ECONNREFUSED/),
    });
  });

  it("gives up when its signal aborts", async () => {
    const reason = new Error("enough");
    const token = await createStage().createToken({ url: "http://127.0.0.1:9", participantId: "alice" });
    const abort = new AbortController();
    const joining = joinStage({ token, signal: abort.signal });
    setTimeout(() => abort.abort(reason), 300);
    await expect(joining).rejects.toBe(reason);
  });
});
