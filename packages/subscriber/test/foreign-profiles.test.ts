import { ManualFeed } from "@inband/rig/manual-feed";
import { type ReceivedMessage, SeiSubscriber } from "@inband/subscriber";
import { inband, ivs, type Profile, raw, seiModule, stagesSei } from "@inband/wire";
import { expect, it } from "vitest";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What a subscriber with these profiles makes of payloads, each with its UUID. */
function read(
  profiles: readonly Profile[],
  payloads: readonly { uuid: Uint8Array; payload: Uint8Array }[],
): {
  messages: ReceivedMessage<unknown>[];
  errors: string[];
} {
  const messages: ReceivedMessage<unknown>[] = [];
  const errors: string[] = [];
  using subscriber = new SeiSubscriber({ profiles });
  subscriber.on("message", (message) => messages.push(message));
  subscriber.on("error", ({ message }) => errors.push(message));
  const feed = new ManualFeed();
  subscriber.attach(feed);
  for (const userData of payloads) feed.bring(userData);
  return { messages, errors };
}

it("reads JSON profiles as objects, once for all copies, and tells them from bytes under the same UUID", () => {
  const { uuid } = ivs();
  const json = { uuid, payload: bytesOf('{"text": "hello", "timestamp": 1.5, "type": "text_content"}') };
  const earlier = raw("b16d7d56-892e-419c-8d82-e069cd3aa5c1").uuid;
  const module = seiModule("CUSTOM_UUID00000");
  const { messages, errors } = read(
    [inband(), ivs(), stagesSei(), module],
    [
      json,
      json,
      json,
      { uuid, payload: bytesOf("plain") },
      { uuid: earlier, payload: bytesOf('{"a":1}') },
      { uuid: module.uuid, payload: bytesOf('{"ts":1,"it":2,"fc":3,"inf":{"count":5}}') },
    ],
  );
  expect(messages.map(({ profile, value }) => [profile, value])).toEqual([
    ["stagesSei", { text: "hello", timestamp: 1.5, type: "text_content" }],
    ["ivs", bytesOf("plain")],
    ["stagesSei", { a: 1 }],
    ["seiModule", { ts: 1, it: 2, fc: 3, inf: { count: 5 } }],
  ]);
  expect(errors).toEqual([]);
});

it("reports a payload that is not what its profile says once, and goes on", () => {
  const { uuid } = stagesSei();
  const broken = { uuid, payload: bytesOf('{"text":') };
  const { messages, errors } = read([stagesSei()], [broken, broken, broken, { uuid, payload: bytesOf("{}") }]);
  expect(errors).toEqual(["Bad payload of profile stagesSei: no UTF-8 JSON"]);
  expect(messages.map(({ value }) => value)).toEqual([{}]);
});

it("takes bytes that begin as an envelope does, and are none, for bytes", () => {
  const { uuid } = ivs();
  const payload = Uint8Array.of(0xc1, 0, 0);
  const { messages, errors } = read([ivs({ envelope: true }), ivs()], [{ uuid, payload }]);
  expect(messages.map(({ value }) => value)).toEqual([payload]);
  expect(errors).toEqual([]);
});
