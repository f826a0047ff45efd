import { setTimeout as sleep } from "node:timers/promises";
import { type Receipt, SeiPublisher } from "@inband/publisher";
import { SeparateStage } from "@inband/rig/stage/separate-stage";
import { steadyVideo } from "@inband/rig/steady-video";
import { until } from "@inband/rig/until";
import { newVideo } from "@inband/rig/werift/test-peer";
import { joinStage } from "@inband/stage/client";
import { SeiSubscriber } from "@inband/subscriber";
import { expect, it, onTestFinished } from "vitest";

it("calls no message sent that left while the stage was dead: each came, or is a gap, or has expired", async () => {
  let stage = await SeparateStage.start();
  onTestFinished(() => stage.kill());
  const video = newVideo();
  steadyVideo((unit) => video.write(unit));
  const publisher = new SeiPublisher<number>();
  publisher.on("error", () => {});
  publisher.attach(video);
  const subscriber = new SeiSubscriber<number>({ gapTimeoutMs: 1000 });
  onTestFinished(() => {
    publisher.close();
    subscriber.close();
  });
  const came: number[] = [];
  const missing = new Set<number>();
  subscriber.on("message", ({ topic, value }) => topic === "numbers" && came.push(value));
  subscriber.on("gap", ({ topic, sequence, missing: count, last = sequence + count - 1 }) => {
    for (let number = sequence; topic === "numbers" && number <= last; number++) missing.add(number);
  });
  const alice = await joinStage({ token: await stage.token("alice"), publish: video });
  const bob = await joinStage({ token: await stage.token("bob"), subscribe: subscriber });
  onTestFinished(async () => {
    await Promise.all([alice.leave(), bob.leave()]);
  });
  // Who is there before the first number is no late joiner, to whom it would be told otherwise.
  publisher.publish(0, { topic: "greeting", retain: true });
  await until(() => subscriber.stats().messages > 0);

  let isDead = false;
  const sentToTheDead: number[] = [];
  const receipts: Promise<Receipt>[] = [];
  const counting = setInterval(() => {
    const number = receipts.length;
    const wasDead = isDead;
    const { sent } = publisher.publish(number, { topic: "numbers" });
    receipts.push(sent);
    void sent.then(({ outcome }) => {
      if (wasDead && isDead && outcome === "sent") sentToTheDead.push(number);
    });
  }, 20);
  onTestFinished(() => clearInterval(counting));
  await until(() => came.length > 20);
  await stage.kill();
  isDead = true;
  alice.on("connected", (what) => {
    isDead &&= what !== "publish";
  });
  await sleep(3000);
  stage = await stage.again();
  await until(() => !isDead);
  const back = receipts.length;
  await until(() => came.some((number) => number > back));
  clearInterval(counting);

  const settled = await Promise.all(receipts);
  expect(new Set(settled.map(({ outcome }) => outcome))).toEqual(new Set(["sent", "expired"]));
  expect(sentToTheDead).toEqual([]);
  const bare = settled.flatMap(({ outcome, streams }, number) =>
    outcome === "sent" && streams.every(({ isUnheard }) => !isUnheard) ? [number] : [],
  );
  // The stage was back for them before bob was, who is told of a gap.
  await until(() => bare.every((number) => came.includes(number) || missing.has(number)));
  expect(new Set(came).size).toBe(came.length);
});
