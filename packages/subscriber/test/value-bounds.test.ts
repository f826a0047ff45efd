import { ManualFeed } from "@inband/rig/manual-feed";
import { nextId, Sender } from "@inband/rig/sender";
import { SeiSubscriber } from "@inband/subscriber";
import { encodeEnvelope, inband, type Profile, WireError } from "@inband/wire";
import { afterEach, beforeEach, expect, it } from "vitest";

let subscriber: SeiSubscriber;
let feed: ManualFeed;
let errors: Error[];

beforeEach(() => start());
afterEach(() => subscriber.close());

function start(...profiles: Profile[]): void {
  subscriber?.close();
  subscriber = profiles.length === 0 ? new SeiSubscriber() : new SeiSubscriber({ profiles });
  feed = new ManualFeed();
  errors = [];
  subscriber.attach(feed);
  subscriber.on("error", (error) => errors.push(error));
}

/** An envelope of one text that takes so many bytes. */
function text(bodyBytes: number): Uint8Array {
  const body = new Uint8Array(bodyBytes).fill(0x61);
  const length = bodyBytes - 5;
  body.set([0xdb, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255]);
  const header = { source: 1, sequence: 0, topic: undefined, flags: 0, age: 0, index: 0, count: 1 };
  return encodeEnvelope({ id: nextId(), ...header, body }).payload;
}

it.each([
  ["65536 bytes under inband", inband(), 65_536],
  ["300 bytes under a profile of 300", { ...inband(), maxMessageBytes: 300 }, 300],
])("reads a body of %s, and refuses one byte more", (_, profile, limitBytes) => {
  start(profile);
  const { uuid } = profile;
  feed.bring({ uuid, payload: text(limitBytes) });
  expect(errors).toEqual([]);
  for (const bytes of [limitBytes + 1, 8 * 1_048_576]) feed.bring({ uuid, payload: text(bytes) });
  expect(errors).toHaveLength(2);
  for (const error of errors) {
    expect(error).toBeInstanceOf(WireError);
    expect(error).toMatchObject({ code: "payload-too-large", limitBytes });
  }
  expect(subscriber.stats().messages).toBe(1);
});

it("keeps 2 MiB of values for a slow reader, who is told what he missed, and the newest ones come", async () => {
  const lagged: number[] = [];
  subscriber.on("lagged", ({ missed }) => lagged.push(missed));
  const reader = subscriber.messages()[Symbol.asyncIterator]();
  const sender = new Sender();
  for (let index = 0; index < 100; index += 1) {
    for (const part of sender.message([index, "x".repeat(65_000)])) feed.bring(part);
  }
  const { value } = await reader.next();
  const missed = lagged[0] ?? 0;
  expect(missed).toBeGreaterThanOrEqual(100 - 2_097_152 / 65_000);
  expect(value?.value).toEqual([missed, "x".repeat(65_000)]);
  for (let read = missed + 1; read < 100; read += 1) await reader.next();
  expect(subscriber.stats().lagged).toBe(missed);
});

it("keeps 256 small values for one, as many as it is told", async () => {
  const reader = subscriber.messages()[Symbol.asyncIterator]();
  const sender = new Sender();
  for (let index = 0; index < 256; index += 1) for (const part of sender.message(index)) feed.bring(part);
  expect((await reader.next()).value?.value).toBe(0);
  expect(subscriber.stats().lagged).toBe(0);
});
