import { sharedChromium } from "@inband/rig/chromium/test-page";
import { hangMs } from "@inband/rig/hang";
import { servedStage } from "@inband/rig/stage/served-stage";
import { afterAll, expect, it } from "vitest";
import type { Receiver, RunningReceiver, Sender, StageAccess } from "./ends.ts";
import { payloadOf } from "./payload.ts";
import { chromiumReceiver } from "./receivers/chromium.ts";
import { httpReceiver } from "./receivers/http.ts";
import { ivsSdkReceiver } from "./receivers/ivs-sdk.ts";
import { nodeDataChannelReceiver } from "./receivers/node-datachannel.ts";
import { weriftReceiver } from "./receivers/werift.ts";
import { type CellResult, writeInteropReport } from "./report.ts";
import { chromiumSender } from "./senders/chromium.ts";
import { ffmpegWhipSender } from "./senders/ffmpeg-whip.ts";
import { ivsSdkSender } from "./senders/ivs-sdk.ts";
import { nodeDataChannelSender } from "./senders/node-datachannel.ts";
import { weriftSender } from "./senders/werift.ts";
import { Tally } from "./tally.ts";

/** `npm run test:interop` sends more, and writes docs/interop.md. */
const isWhole = process.env.INBAND_INTEROP === "whole";
const messages = isWhole ? 200 : 16;
/** The Amazon IVS SDK takes 10 240 bytes a second, with its copies. */
const everyMs = 120;

const senders: readonly Sender[] = [
  weriftSender,
  nodeDataChannelSender,
  chromiumSender,
  ivsSdkSender(true),
  ivsSdkSender(false),
  ffmpegWhipSender,
];
const receivers: readonly Receiver[] = [
  weriftReceiver,
  nodeDataChannelReceiver,
  chromiumReceiver,
  ivsSdkReceiver,
  httpReceiver,
];

const results: CellResult[] = [];

it.each(senders)("$name reaches every receiver through the stage, byte for byte", async (sender) => {
  const { stage, url } = await servedStage();
  const access: StageAccess = { url, token: (participantId) => stage.createToken({ url, participantId }) };
  const running = await sender.start(access, "sender");
  await expect.poll(() => stage.participants()[0]?.isPublishing, { timeout: hangMs }).toBe(true);
  const able = receivers.filter(({ isIvsOnly }) => !(isIvsOnly && sender.isPosted));
  const cells = able.map((receiver) => ({ receiver, tally: new Tally() }));
  const open: RunningReceiver[] = [];
  for (const [index, { receiver, tally }] of cells.entries()) {
    open.push(await receiver.start(access, "sender", `receiver-${index}`, tally, messages));
  }
  const before = await Promise.all(open.map((receiver) => receiver.decoded()));
  for (let number = 0; number < messages; number += 1) {
    await running.send(payloadOf(number));
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  const isComplete = () => cells.every(({ tally }) => tally.received === messages);
  await expect
    .poll(isComplete, { timeout: isWhole ? 20_000 : hangMs })
    .toBe(true)
    .catch(() => {});
  const decoded = await Promise.all(open.map((receiver) => receiver.decoded()));
  await Promise.all(open.map((receiver) => receiver.close()));
  await running.close();
  for (const [index, { receiver, tally }] of cells.entries()) {
    const pictures = decoded[index] === undefined ? undefined : decoded[index] - (before[index] ?? 0);
    results.push({ sender, receiver, sent: messages, tally, pictures });
  }
  expect(cells.map(({ receiver, tally }) => [receiver.name, tally.received, tally.changed])).toEqual(
    able.map(({ name }) => [name, messages, 0]),
  );
  for (const { receiver, tally } of cells)
    if (!receiver.tellsCopies) expect(tally.copies, receiver.name).toBe(messages);
  for (const pictures of results.slice(-able.length).map((result) => result.pictures)) {
    if (pictures !== undefined) expect(pictures).toBeGreaterThan(0);
  }
});

afterAll(async () => {
  if (isWhole) writeInteropReport(results, `Chromium ${(await sharedChromium()).version()}`);
});
