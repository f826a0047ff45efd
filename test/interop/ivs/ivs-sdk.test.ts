import { hangMs } from "@inband/rig/hang";
import { expiredToken } from "@inband/rig/stage/expired-token";
import { servedStage } from "@inband/rig/stage/served-stage";
import { receiver } from "@inband/rig/werift/test-peer";
import { connectWhep } from "@inband/stage/client";
import type { Stage, StageOptions } from "@inband/stage/server";
import { SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/werift";
import { ivs } from "@inband/wire";
import { describe, expect, it } from "vitest";
import { type IvsParticipant, openIvsParticipant } from "./participant.ts";

/** A stage, and the tokens of its participants. */
async function stageOf(options: StageOptions = {}) {
  const { stage, url } = await servedStage(options);
  const token = (participantId: string, more: Partial<Parameters<Stage["createToken"]>[0]> = {}) =>
    stage.createToken({ participantId, url, ...more });
  return { stage, url, token };
}

const both = { publishes: true, subscribes: true };
const texts = Array.from({ length: 10 }, (_, index) => `message ${index}`);
const bytesOf = (text: string) => [...new TextEncoder().encode(text)];
const textOf = (bytes: readonly number[]) => new TextDecoder().decode(Uint8Array.from(bytes));

async function publishing(participant: IvsParticipant, name: string): Promise<void> {
  await participant.told(`publish ${name} published`);
}

/** What a participant sends arrives, each message `repeatCount + 1` times: the SDK delivers every copy. */
async function sendTexts(from: IvsParticipant, to: IvsParticipant): Promise<string[]> {
  const before = (await to.page.evaluate(() => receivedSei())).length;
  for (const text of texts) {
    await from.page.evaluate((bytes) => insertSei(bytes, 1), bytesOf(text));
    await from.page.waitForTimeout(100);
  }
  const received = async () => (await to.page.evaluate(() => receivedSei())).slice(before).map(textOf);
  await expect
    .poll(async () => (await received()).length, { timeout: hangMs })
    .toBeGreaterThanOrEqual(2 * texts.length);
  // A copy may come behind the first of the next message.
  return (await received()).toSorted();
}

const twice = texts.flatMap((text) => [text, text]);

describe.each([
  ["HTTP", true],
  ["the events socket", false],
])("the real Amazon IVS SDK, offering over %s", (_way, isHttpOnly) => {
  it("joins, publishes, subscribes and exchanges messages with another, in both directions", async () => {
    const { stage, token } = await stageOf();
    const [alice, bob] = [await openIvsParticipant(), await openIvsParticipant()];
    expect(await alice.join(await token("alice"), { ...both, isHttpOnly })).toBe("joined");
    expect(await bob.join(await token("bob"), { ...both, isHttpOnly })).toBe("joined");
    await Promise.all([publishing(alice, "alice"), publishing(bob, "bob")]);
    await Promise.all([alice.told("subscribe bob subscribed"), bob.told("subscribe alice subscribed")]);
    const decoded = () => Promise.all([alice, bob].map(({ page }) => page.evaluate(() => decodedFrames())));
    await expect.poll(async () => Math.min(...(await decoded())), { timeout: hangMs }).toBeGreaterThan(10);

    expect(await sendTexts(alice, bob)).toEqual(twice);
    expect(await sendTexts(bob, alice)).toEqual(twice);

    await alice.page.evaluate(() => muteVideo(true));
    await bob.told("muted alice video true");
    expect(stage.participants().find(({ participantId }) => participantId === "alice")?.videoStopped).toBe(true);

    await alice.page.evaluate(() => leaveStage());
    await bob.told("left alice");
    expect(stage.participants().map(({ participantId }) => participantId)).toEqual(["bob"]);
    expect(await alice.join(await token("alice"), { ...both, isHttpOnly })).toBe("joined");
    await expect
      .poll(async () => (await bob.events()).filter((event) => event === "joined alice").length, { timeout: hangMs })
      .toBe(2);
    const requests = [...alice.requests, ...bob.requests];
    const offers = requests.filter((request) => /^POST (publish|subscribe) /.test(request));
    if (isHttpOnly) expect(offers).not.toEqual([]);
    else expect(offers).toEqual([]);
    // The SDK has the stage send no video that is muted, and asks for the layers: over HTTP in either case.
    expect(requests).toContain("POST playback 200");
    expect(requests).toContain("GET layer 200");
  });

  it("is gone from the stage when its tab is closed", async () => {
    const { stage, token } = await stageOf();
    const [alice, bob] = [await openIvsParticipant(), await openIvsParticipant()];
    await alice.join(await token("alice"), { ...both, isHttpOnly });
    await bob.join(await token("bob"), { publishes: false, subscribes: true, isHttpOnly });
    await bob.told("subscribe alice subscribed");
    const logged: string[] = [];
    stage.on("left", ({ participantId }) => logged.push(participantId));
    await alice.page.close({ runBeforeUnload: true });
    await bob.told("left alice");
    expect(logged).toEqual(["alice"]);
  });

  it("publishes simulcast, of which one layer comes, with every message once", async () => {
    const { url, token } = await stageOf();
    const alice = await openIvsParticipant();
    await alice.join(await token("alice"), { publishes: true, subscribes: false, hasSimulcast: true, isHttpOnly });
    await publishing(alice, "alice");
    const { pc, transceiver } = receiver();
    using subscriber = new SeiSubscriber({ profiles: [ivs()] });
    const received: string[] = [];
    subscriber.on("message", ({ value }) => received.push(textOf([...(value as Uint8Array)])));
    subscriber.attach(weriftFeed(transceiver));
    await connectWhep(pc, { url: `${url}/subscribe/alice`, token: await token("node") });
    await expect.poll(() => alice.page.evaluate(() => sentLayers()), { timeout: hangMs }).toBeGreaterThan(1);
    await expect
      .poll(
        async () => {
          await alice.page.evaluate((bytes) => insertSei(bytes, 1), bytesOf("are you there"));
          return received.length;
        },
        { timeout: hangMs, interval: 200 },
      )
      .toBeGreaterThan(0);
    for (const text of texts) {
      await alice.page.evaluate((bytes) => insertSei(bytes, 1), bytesOf(text));
      await alice.page.waitForTimeout(100);
    }
    const ofTexts = () => received.filter((text) => text.startsWith("message"));
    await expect.poll(() => ofTexts().length, { timeout: hangMs }).toBeGreaterThanOrEqual(texts.length);
    expect(ofTexts()).toEqual(texts);
  });

  it("gets the simulcast layer that it prefers, or the one that the stage chooses, and every message meanwhile", async () => {
    const { token } = await stageOf();
    const [alice, bob] = [await openIvsParticipant(), await openIvsParticipant()];
    await alice.join(await token("alice"), { publishes: true, subscribes: false, hasSimulcast: true, isHttpOnly });
    await publishing(alice, "alice");
    await bob.join(await token("bob"), { publishes: false, subscribes: true, isHttpOnly });
    await bob.told("subscribe alice subscribed");
    await expect.poll(() => alice.page.evaluate(() => sentLayers()), { timeout: hangMs }).toBeGreaterThan(1);
    // It begins with the lowest, as the SDK asks, and gets larger ones by itself.
    await bob.told(/^layer alice (?!low)/);
    const before = (await bob.page.evaluate(() => receivedSei())).length;
    const sent: string[] = [];
    const send = async (count: number) => {
      for (let index = 0; index < count; index += 1) {
        const text = `message ${sent.push("") - 1}`;
        sent[sent.length - 1] = text;
        await alice.page.evaluate((bytes) => insertSei(bytes, 2), bytesOf(text));
        await alice.page.waitForTimeout(50);
      }
    };
    await bob.page.evaluate(() => preferLayer("low"));
    await send(20);
    await bob.told(/^layer alice low /);
    const decoded = await bob.page.evaluate(() => decodedFrames());
    const told = (await bob.events()).length;
    await bob.page.evaluate(() => preferLayer(undefined));
    await send(20);
    await expect
      .poll(async () => (await bob.events()).slice(told), { timeout: hangMs })
      .toContainEqual(expect.stringMatching(/^layer alice (?!low)/));
    const received = async () => new Set((await bob.page.evaluate(() => receivedSei())).slice(before).map(textOf)).size;
    await expect.poll(received, { timeout: hangMs }).toBe(sent.length);
    expect(await bob.page.evaluate(() => decodedFrames())).toBeGreaterThan(decoded + 20);
    expect(bob.requests).toContain("POST layer 200");
  });

  it("goes on with another token, without what that does not allow, and not with a stranger's", async () => {
    const { stage, token } = await stageOf();
    const alice = await openIvsParticipant();
    await alice.join(await token("alice"), { ...both, isHttpOnly });
    await publishing(alice, "alice");
    const next = await token("alice", { attributes: { name: "Alice" }, capabilities: { allow_subscribe: true } });
    expect(await alice.page.evaluate((next) => exchangeToken(next), next)).toBe("exchanged");
    await expect
      .poll(() => stage.participants()[0], { timeout: hangMs })
      .toMatchObject({ attributes: { name: "Alice" }, isPublishing: false });
  });

  it("is told when it is kicked, and cannot come back with the same token", async () => {
    const { stage, token } = await stageOf();
    const [alice, bob] = [await openIvsParticipant(), await openIvsParticipant()];
    const aliceToken = await token("alice");
    await alice.join(aliceToken, { ...both, isHttpOnly });
    await bob.join(await token("bob"), { publishes: false, subscribes: true, isHttpOnly });
    await publishing(alice, "alice");
    await bob.told("subscribe alice subscribed");
    stage.kick("alice");
    await alice.told(/^left-stage .*disconnected/i);
    await bob.told("left alice");
    expect(stage.participants().map(({ participantId }) => participantId)).toEqual(["bob"]);
    const again = await openIvsParticipant();
    expect(await again.join(aliceToken, { ...both, isHttpOnly })).not.toBe("joined");
    await again.told("error 10 [JOIN_ERROR] Participant has been disconnected, unable to join");
  });

  it("raises its own error on a full stage, after one offer", async () => {
    const { token } = await stageOf({ maxPublishers: 1 });
    const [first, second] = [await openIvsParticipant(), await openIvsParticipant()];
    await first.join(await token("first"), { publishes: true, subscribes: false, isHttpOnly });
    await publishing(first, "first");
    await second.join(await token("second"), { publishes: true, subscribes: false, isHttpOnly });
    await second.told("error 6 [PUBLISH_ERROR] Stage at capacity");
    await second.page.waitForTimeout(2000);
    const posts = second.requests.filter((request) => request.startsWith("POST"));
    expect(posts).toEqual(isHttpOnly ? ["POST publish 403"] : []);
    expect((await second.events()).filter((event) => event.startsWith("error"))).toHaveLength(1);
  });
});

describe("the real Amazon IVS SDK, which does not look at its token itself", () => {
  const forged = (token: string) => `${token.slice(0, -6)}${token.endsWith("AAAAAA") ? "BBBBBB" : "AAAAAA"}`;

  it.each([
    [
      "was not signed by the stage",
      async (stage: Stage, url: string) => forged(await stage.createToken({ url, participantId: "alice" })),
      1,
    ],
    ["has expired", (stage: Stage, url: string) => expiredToken(stage, { url, participantId: "alice" }), 2],
  ])("raises its own error where that %s", async (_what, of, number) => {
    const { stage, url } = await stageOf();
    const alice = await openIvsParticipant();
    const text = await of(stage, url);
    expect(await alice.join(text, { ...both, disableTokenValidation: true })).not.toBe("joined");
    await alice.told(new RegExp(`^error ${number} \\[JOIN_ERROR\\]`));
  });
});
