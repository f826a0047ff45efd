import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { resolve } from "node:path";
import { SeiPublisher } from "@inband/publisher";
import { servedStage } from "@inband/rig/stage/served-stage";
import { steadyVideo } from "@inband/rig/steady-video";
import { until } from "@inband/rig/until";
import { newVideo } from "@inband/rig/werift/test-peer";
import { type JoinStageOptions, joinStage, RemovedError, TokenError } from "@inband/stage/client";
import { createStage, serveStage } from "@inband/stage/server";
import { SeiSubscriber } from "@inband/subscriber";
import { describe, expect, it, onTestFinished } from "vitest";

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
    const { stage, url, token } = await stageOf();
    const codeOf = (text: string) =>
      joinStage({ token: text }).then(
        () => "joined",
        (error: TokenError) => [error.constructor, error.code],
      );
    expect(await codeOf("nonsense")).toEqual([TokenError, "malformed"]);
    expect(await codeOf(await token("alice", { expiresInSeconds: -10 }))).toEqual([TokenError, "expired"]);
    expect(await codeOf(await createStage().createToken({ url, participantId: "alice" }))).toEqual([
      TokenError,
      "bad-signature",
    ]);
    expect(stage.participants()).toEqual([]);
  });

  it("asks for another token where the one before has expired", async () => {
    const { token } = await stageOf();
    let asked = 0;
    const stage = await joinStage({ token: () => token("alice", { expiresInSeconds: asked++ === 0 ? -10 : 60 }) });
    expect(asked).toBe(2);
    await stage.leave();
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

  it("gives up when its signal aborts", async () => {
    const reason = new Error("enough");
    const token = await createStage().createToken({ url: "http://127.0.0.1:9", participantId: "alice" });
    const abort = new AbortController();
    const joining = joinStage({ token, signal: abort.signal });
    setTimeout(() => abort.abort(reason), 300);
    await expect(joining).rejects.toBe(reason);
  });
});

describe("peers of joinStage exchange messages again", () => {
  const secret = randomBytes(32);

  async function talk(restart: () => Promise<void>, url: string): Promise<void> {
    const tokens = createStage({ secret, topic: "test" });
    const token = (participantId: string) => tokens.createToken({ url, participantId });
    const alice = await join({ token: await token("alice") });
    const bob = await join({ token: await token("bob") });
    const lost: string[] = [];
    alice.stage.on("reconnecting", (_error, what) => lost.push(what));
    alice.publisher.publish("before", { retain: true, topic: "state" });
    await until(() => bob.received.includes("alice: before"));
    await restart();
    const calling = setInterval(() => {
      alice.publisher.publish("from alice");
      bob.publisher.publish("from bob");
    }, 200);
    onTestFinished(() => clearInterval(calling));
    await until(() => alice.received.includes("bob: from bob") && bob.received.includes("alice: from alice"));
    const late = await joinStage({ token: await token("late") });
    await late.leave();
    const subscriber = new SeiSubscriber();
    const values: unknown[] = [];
    subscriber.on("message", ({ value }) => values.push(value));
    const carol = await joinStage({ token: await token("carol"), subscribe: subscriber });
    await until(() => values.includes("before"));
    await carol.leave();
    subscriber.close();
    expect(lost).toEqual(expect.arrayContaining(["events", "publish"]));
    expect(bob.received.filter((text) => text === "alice: before")).toHaveLength(1);
  }

  it("when the stage was closed and is back, retained ones too, none twice", async () => {
    let stage = createStage({ secret, topic: "test" });
    let served = await serveStage(stage);
    onTestFinished(async () => {
      await stage.close();
      await served.close();
    });
    const { port } = new URL(served.url);
    await talk(async () => {
      await stage.close();
      await served.close();
      await new Promise((settle) => setTimeout(settle, 1000));
      stage = createStage({ secret, topic: "test" });
      served = await serveStage(stage, { port: Number(port) });
    }, served.url);
  });

  it("when the process of the stage was killed and is back", async () => {
    const file = resolve(import.meta.dirname, "stage-process.ts");
    let child: ChildProcess;
    const start = async (port: number) => {
      const args = ["--conditions=@inband/source", file, String(port), secret.toString("hex")];
      child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      await once(child.stdout as NonNullable<typeof child.stdout>, "data");
    };
    onTestFinished(() => void child.kill("SIGKILL"));
    const free = await serveStage(createStage());
    await free.close();
    const port = Number(new URL(free.url).port);
    await start(port);
    await talk(async () => {
      child.kill("SIGKILL");
      await once(child, "exit");
      await start(port);
    }, free.url);
  });
});
