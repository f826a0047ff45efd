import { SeiPublisher } from "@inband/publisher";
import { accessUnit } from "@inband/rig/access-unit";
import { hangMs } from "@inband/rig/hang";
import { negotiate } from "@inband/rig/werift/peer";
import { newVideo, peer, receiver } from "@inband/rig/werift/test-peer";
import { defaultCarrierLimits } from "@inband/stream";
import { type ReceivedMessage, SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/werift";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { RTCRtpTransceiver } from "werift";
import { receiveCamera } from "./camera.ts";
import { type CarryingAccessUnit, carryingAccessUnits } from "./carried-texts.ts";

/** So large that four of them, and no fifth, fit into what an access unit may carry. */
const texts = ["first", "second"].map((name) =>
  Array.from({ length: 6 }, (_, index) => `${name} ${index} ${"#".repeat(900)}`),
);

/** Reads a transceiver, through inband and beside it. */
function read(transceiver: RTCRtpTransceiver): {
  accessUnits: readonly CarryingAccessUnit[];
  received: readonly ReceivedMessage<string>[];
} {
  const subscriber = new SeiSubscriber<string>();
  onTestFinished(() => subscriber.close());
  const received: ReceivedMessage<string>[] = [];
  subscriber.on("message", (message) => received.push(message));
  subscriber.attach(weriftFeed(transceiver));
  return { accessUnits: carryingAccessUnits(transceiver, /(first|second) \d/), received };
}

async function expectShared({ accessUnits, received }: ReturnType<typeof read>): Promise<void> {
  await vi.waitUntil(() => received.length >= 12, { timeout: hangMs });
  const copies = () => accessUnits.reduce((sum, { texts }) => sum + texts.length, 0);
  await vi.waitUntil(() => copies() >= 36, { timeout: hangMs });

  expect(received.map(({ value }) => value).sort()).toEqual(texts.flat().sort());
  expect(new Set(received.map(({ source }) => source)).size).toBe(2);
  const { bytesPerAccessUnit } = defaultCarrierLimits;
  for (const { seiBytes, texts } of accessUnits) {
    expect(seiBytes, texts.join()).toBeLessThanOrEqual(bytesPerAccessUnit);
    expect(texts.length).toBeLessThanOrEqual(4);
    const names = texts.map((text) => text.split(" ")[0]);
    expect(names, "the one who was attached first goes first").toEqual(names.toSorted());
  }
}

/** Whether an access unit carries messages of both. */
function isShared({ texts }: CarryingAccessUnit): boolean {
  return texts.some((text) => text.startsWith("first")) && texts.some((text) => text.startsWith("second"));
}

describe("two publishers of one encoded stream share its bytes in the order of attachment, and arrive once", () => {
  it("from werift to werift", async () => {
    const sending = peer();
    const { pc: receiving, transceiver } = receiver();
    const reading = read(transceiver);
    const video = newVideo();
    const publishers = texts.map(() => new SeiPublisher<string>());
    onTestFinished(() => {
      for (const each of publishers) each.close();
    });
    for (const publisher of publishers) publisher.attach(video);
    const connected = video.connect(sending);
    await negotiate(sending, receiving);
    await connected;
    // The offering side knows first: until the other one does, it throws away what comes.
    await vi.waitUntil(() => receiving.connectionState === "connected", { timeout: hangMs });

    // The second one speaks first: what counts is the order of attachment.
    for (const index of [1, 0]) for (const text of texts[index] ?? []) publishers[index]?.publish(text);
    for (let index = 0; index < 20; index++) {
      video.write(accessUnit(index));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await expectShared(reading);
    expect(reading.accessUnits.find(({ texts }) => texts.length > 0)?.texts).toEqual(
      [0, 1, 2, 3].map((n) => `first ${n}`),
    );
    expect(reading.accessUnits.some(isShared)).toBe(true);
    const { bytesPerAccessUnit } = defaultCarrierLimits;
    expect(Math.max(...reading.accessUnits.map(({ seiBytes }) => seiBytes))).toBeGreaterThan(bytesPerAccessUnit * 0.8);
  });

  it("from Chromium to werift", async () => {
    const { page, transceiver, connect } = await receiveCamera([], texts.length);
    const reading = read(transceiver);
    await connect();
    await vi.waitUntil(() => reading.accessUnits.length > 5, { timeout: hangMs });
    const receipts = await page.evaluate((texts) => publishAll(texts), texts);
    expect(receipts.map(({ outcome }) => outcome)).toEqual(texts.flat().map(() => "sent"));
    await expectShared(reading);
    // Which access units are shared is for the moment to say in which the worker hears of a message.
    for (let round = 0; round < 100 && !reading.accessUnits.some(isShared); round++) {
      await page.evaluate((texts) => publishAll(texts), [[`first ${round}`], [`second ${round}`]]);
      await vi.waitUntil(() => reading.received.length >= 12 + 2 * (round + 1), { timeout: hangMs });
    }
    expect(reading.accessUnits.some(isShared)).toBe(true);
  });
});
