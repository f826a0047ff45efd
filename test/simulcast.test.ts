import { NalUnitType, nalUnitType, parseSps } from "@inband/h264";
import { hangMs } from "@inband/rig/hang";
import { SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/werift";
import { expect, it, vi } from "vitest";
import { receiveCamera } from "./camera.ts";
import { carryingAccessUnits } from "./carried-texts.ts";

it("carries each message in both simulcast layers from Chromium to werift, and delivers it once", async () => {
  const { page, transceiver, connect } = await receiveCamera(["low", "high"], 1);
  const accessUnits = carryingAccessUnits(transceiver, /message \d+/);
  const subscriber = new SeiSubscriber<string>();
  const received: string[] = [];
  const streams = new Set<string>();
  const errors: Error[] = [];
  subscriber.on("message", ({ value }) => received.push(value));
  subscriber.on("duplicate", ({ stream }) => streams.add(stream));
  subscriber.on("error", (error) => errors.push(error));
  subscriber.attach(weriftFeed(transceiver));
  await connect();
  const bothFlow = async () =>
    (await page.evaluate(() => framesOfLayers())).filter((frames) => frames > 0).length === 2;
  await vi.waitUntil(bothFlow, { timeout: hangMs, interval: 100 });
  await vi.waitUntil(() => new Set(accessUnits.map(({ ssrc }) => ssrc)).size === 2, { timeout: hangMs });

  const texts = Array.from({ length: 30 }, (_, index) => `message ${index}`);
  const receipts = await page.evaluate((texts) => publishAll([texts]), texts);
  await vi.waitUntil(() => received.length >= texts.length, { timeout: hangMs });
  const layers = [...new Set(accessUnits.map(({ ssrc }) => ssrc))];
  const carriedBy = (ssrc: number) => {
    const carried = accessUnits.filter((unit) => unit.ssrc === ssrc).flatMap((unit) => unit.texts);
    return texts.map((text) => carried.filter((other) => other === text).length);
  };
  await vi.waitUntil(() => layers.every((ssrc) => carriedBy(ssrc).every((copies) => copies >= 3)), { timeout: hangMs });

  expect(receipts.map(({ outcome, copies }) => [outcome, ...copies])).toEqual(texts.map(() => ["sent", 3, 3]));
  expect(received.toSorted()).toEqual(texts.toSorted());
  expect([...streams].sort()).toEqual(layers.map(String).sort());
  expect(subscriber.stats().duplicates).toBeGreaterThanOrEqual(texts.length * 5);
  expect(errors).toEqual([]);
  const widths = layers.map((ssrc) => {
    const keyFrame = accessUnits.find((unit) => unit.ssrc === ssrc && unit.isKeyFrame);
    const sps = keyFrame?.nalUnits.find((nal) => nalUnitType(nal) === NalUnitType.Sps);
    return sps && parseSps(sps).width;
  });
  expect(widths.sort()).toEqual([320, 640]);
  subscriber.close();
});
