import { hangMs } from "@inband/rig/hang";
import { servedStage } from "@inband/rig/stage/served-stage";
import { describe, expect, it } from "vitest";
import type { JoinOptions } from "./page.ts";
import { type IvsParticipant, openIvsParticipant } from "./participant.ts";

/** A stage, and participants whose messages go through `@inband/ivs`. */
async function stageOf({ envelope = false } = {}) {
  const { stage, url } = await servedStage();
  const open = async () => {
    const participant = await openIvsParticipant("messages-page.ts");
    await participant.page.evaluate((envelope) => useMessages(envelope), envelope);
    return participant;
  };
  const join = async (participant: IvsParticipant, name: string, options: Partial<JoinOptions> = {}) => {
    const token = await stage.createToken({ participantId: name, url });
    expect(await participant.join(token, { publishes: true, subscribes: true, ...options })).toBe("joined");
    return participant;
  };
  return {
    open,
    join: async (name: string, options: Partial<JoinOptions> = {}) => join(await open(), name, options),
    joinAs: join,
  };
}

const publishes = { subscribes: false };
const subscribes = { publishes: false };

const told = ({ page }: IvsParticipant) => page.evaluate(() => toldOfMessages());
const publish = ({ page }: IvsParticipant, value: unknown, options = {}) =>
  page.evaluate(([value, options]) => globalThis.publish(value, options), [value, options] as const);
const valuesOf = async ({ page }: IvsParticipant, name: string) =>
  (await page.evaluate(() => receivedMessages()))
    .filter(({ participant }) => participant === name)
    .map(({ value }) => value);

async function receives(participant: IvsParticipant, from: string, values: readonly unknown[]): Promise<void> {
  await expect
    .poll(async () => (await valuesOf(participant, from)).length, { timeout: hangMs })
    .toBeGreaterThanOrEqual(values.length);
  expect(await valuesOf(participant, from)).toEqual(values);
}

const numbered = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name} ${index}`);

describe("messages through the real Amazon IVS SDK, in and out by @inband/ivs", () => {
  it("arrive once each in every other participant, in a group of the participant that sent them", async () => {
    const { join } = await stageOf();
    const [alice, bob, eve] = [await join("alice"), await join("bob"), await join("eve", subscribes)];
    await Promise.all([
      alice.told("subscribe bob subscribed"),
      bob.told("subscribe alice subscribed"),
      eve.told("subscribe alice subscribed"),
      eve.told("subscribe bob subscribed"),
    ]);
    // The same words of both: what alice says hides nothing of bob's.
    const words = numbered("word", 10);
    const receipts = Promise.all([alice, bob].flatMap((from) => words.map((word) => publish(from, word))));
    await Promise.all([
      receives(alice, "bob", words),
      receives(bob, "alice", words),
      receives(eve, "alice", words),
      receives(eve, "bob", words),
    ]);
    for (const { outcome, streams } of await receipts) {
      expect(outcome).toBe("sent");
      expect(streams).toMatchObject([{ carrier: "ivs", copies: 3, rtpTimestamps: [] }]);
    }
    // All copies have left by now.
    for (const name of ["alice", "bob"]) expect(await valuesOf(eve, name)).toEqual(words);
    await expect.poll(() => eve.page.evaluate(() => receivedFrames()), { timeout: hangMs }).toBeGreaterThan(0);
    for (const participant of [alice, bob, eve]) expect(await told(participant)).toEqual([]);
  });

  it("carry values in envelopes, what is retained to late joiners, and a gap for what was lost", async () => {
    const { join } = await stageOf({ envelope: true });
    const [alice, bob] = [await join("alice", publishes), await join("bob", subscribes)];
    await bob.told("subscribe alice subscribed");
    await publish(alice, { state: "on air" }, { topic: "state", retain: true });
    await publish(alice, { count: 0 }, { topic: "counts" });
    await receives(bob, "alice", [{ state: "on air" }, { count: 0 }]);
    await alice.page.evaluate(() => loseMessages(true));
    await publish(alice, { count: 1 }, { topic: "counts" });
    await alice.page.evaluate(() => loseMessages(false));
    await publish(alice, { count: 2 }, { topic: "counts" });
    await receives(bob, "alice", [{ state: "on air" }, { count: 0 }, { count: 2 }]);
    await expect.poll(() => told(bob), { timeout: hangMs }).toEqual(["gap alice 1"]);

    const eve = await join("eve", subscribes);
    await receives(eve, "alice", [{ state: "on air" }]);
    await alice.page.evaluate(() => leaveStage());
    await expect.poll(() => told(eve), { timeout: hangMs }).toContain("ended alice connection-closed");
  });

  it("keep the limits of the SDK, so that it refuses none of a burst", async () => {
    const { join } = await stageOf();
    const [alice, bob] = [await join("alice", publishes), await join("bob", subscribes)];
    await bob.told("subscribe alice subscribed");
    await expect(publish(alice, "x".repeat(1025))).rejects.toThrow("1024");
    // Twice what goes in a second.
    const texts = numbered("burst", 20).map((text) => text.padEnd(1024, "."));
    const receipts = await Promise.all(texts.map((text) => publish(alice, text)));
    expect(receipts.map(({ outcome }) => outcome)).toEqual(texts.map(() => "sent"));
    await receives(bob, "alice", texts);
    expect(await alice.page.evaluate(() => refusals())).toEqual([]);
  });

  it("wait for the stage, ride on a muted stream and on one that takes its place, and leave with none that is gone", async () => {
    const { open, join, joinAs } = await stageOf();
    const bob = await join("bob", subscribes);
    const alice = await joinAs(await open(), "alice", publishes);
    // The SDK would throw this one away: nothing is published yet.
    expect((await publish(alice, "early")).outcome).toBe("sent");
    await bob.told("subscribe alice subscribed");
    await alice.page.evaluate(() => muteVideo(true));
    await bob.told("muted alice video true");
    expect((await publish(alice, "muted")).outcome).toBe("sent");
    await alice.page.evaluate(() => muteVideo(false));
    await alice.page.evaluate(() => replaceVideo());
    const { outcome, streams } = await publish(alice, "replaced");
    expect(outcome).toBe("sent");
    expect(streams.filter(({ copies }) => copies > 0)).toHaveLength(1);
    await expect
      .poll(() => valuesOf(bob, "alice"), { timeout: hangMs })
      .toEqual(expect.arrayContaining(["muted", "replaced"]));

    // Of the carrier for the stream that was replaced.
    await expect.poll(() => told(alice), { timeout: hangMs }).toContain("error not-sent");

    await alice.page.evaluate(() => endVideo());
    expect((await publish(alice, "ended", { expiresAfterMs: 2500 })).outcome).not.toBe("sent");
    expect(await told(alice)).toContain("error track-ended");
    await alice.page.evaluate(() => leaveStage());
    expect((await publish(alice, "left", { expiresAfterMs: 1500 })).outcome).not.toBe("sent");
    expect(await alice.page.evaluate(() => refusals())).toEqual([]);
    expect((await valuesOf(bob, "alice")).filter((value) => value === "ended" || value === "left")).toEqual([]);
  });

  it("leave on the layers of simulcast that are sent", async () => {
    const { join } = await stageOf();
    const alice = await join("alice", { ...publishes, hasSimulcast: true });
    const bob = await join("bob", subscribes);
    await bob.told("subscribe alice subscribed");
    await expect.poll(() => alice.page.evaluate(() => sentLayers()), { timeout: hangMs }).toBeGreaterThan(1);
    const words = numbered("word", 5);
    const receipts = await Promise.all(words.map((word) => publish(alice, word)));
    await receives(bob, "alice", words);
    for (const { streams } of receipts) expect(streams.length).toBeGreaterThan(0);
  });
});
