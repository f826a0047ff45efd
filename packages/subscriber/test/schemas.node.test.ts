import { useFakeClock } from "@inband/rig/fake-clock";
import { ManualFeed } from "@inband/rig/manual-feed";
import { Sender } from "@inband/rig/sender";
import { type ReceivedMessage, SchemaError, SeiSubscriber } from "@inband/subscriber";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { beforeEach, expect, expectTypeOf, it } from "vitest";
import * as z from "zod";

const chat = z.object({ user: z.string(), text: z.string().trim() });
const feed = new ManualFeed();
let sender: Sender;

useFakeClock();

beforeEach(() => {
  sender = new Sender();
});

const bring = (value: unknown, topic?: string) => {
  for (const part of sender.message(value, topic)) feed.bring(part);
};

/** A schema whose answers a test gives. */
function slowSchema(): { schema: StandardSchemaV1<unknown, number>; answers: ((value: number) => void)[] } {
  const answers: ((value: number) => void)[] = [];
  const validate = () => new Promise<{ value: number }>((resolve) => answers.push((value) => resolve({ value })));
  return { schema: { "~standard": { version: 1, vendor: "test", validate } }, answers };
}

const settled = async () => {
  for (let index = 0; index < 1000; index += 1) await Promise.resolve();
};

it("delivers what fits as the schema gives it back, and what does not fit as an error with topic and issues", () => {
  using subscriber = new SeiSubscriber({ schemas: { chat } });
  subscriber.attach(feed);
  const values: unknown[] = [];
  const errors: Error[] = [];
  subscriber.on("message", ({ value }) => values.push(value));
  subscriber.on("error", (error) => errors.push(error));
  bring({ user: "alice", text: " hello " }, "chat");
  bring({ user: "alice", text: 7 }, "chat");
  bring({ user: "bob", text: "still here", extra: 1 }, "chat");
  bring({ anything: true }, "other");
  bring("without a topic");
  expect(values).toEqual([
    { user: "alice", text: "hello" },
    { user: "bob", text: "still here" },
    { anything: true },
    "without a topic",
  ]);
  expect(errors).toMatchObject([
    { name: "SchemaError", code: "invalid-value", topic: "chat", issues: [{ path: ["text"] }] },
  ]);
  expect(errors[0]).toBeInstanceOf(SchemaError);
  expect(subscriber.stats()).toMatchObject({ messages: 4, invalid: 1, errors: 1, missing: 0 });
});

it("tells of one message once, whatever copies of it come", () => {
  using subscriber = new SeiSubscriber({ schemas: { chat } });
  subscriber.attach(feed);
  const [part] = sender.message("wrong", "chat");
  for (let index = 0; index < 5; index += 1) if (part !== undefined) feed.bring(part);
  expect(subscriber.stats()).toMatchObject({ invalid: 1, duplicates: 4, messages: 0 });
});

it("keeps the order of a topic when a schema answers later, and holds up no other topic", async () => {
  const { schema, answers } = slowSchema();
  using subscriber = new SeiSubscriber({ schemas: { slow: schema } });
  subscriber.attach(feed);
  const values: unknown[] = [];
  subscriber.on("message", ({ value }) => values.push(value));
  for (let index = 0; index < 3; index += 1) bring(index, "slow");
  bring("other", "other");
  answers[2]?.(20);
  answers[1]?.(10);
  await settled();
  expect(values).toEqual(["other"]);
  answers[0]?.(0);
  await settled();
  expect(values).toEqual(["other", 0, 10, 20]);
});

it("says when a schema throws or rejects, and goes on", async () => {
  const failing = (validate: () => never | Promise<never>): StandardSchemaV1<unknown, number> => ({
    "~standard": { version: 1, vendor: "test", validate },
  });
  const throws = failing(() => {
    throw new Error("broken");
  });
  const rejects = failing(() => Promise.reject(new Error("offline")));
  using subscriber = new SeiSubscriber({ schemas: { throws, rejects } });
  subscriber.attach(feed);
  const errors: Error[] = [];
  subscriber.on("error", (error) => errors.push(error));
  bring(1, "throws");
  bring(2, "rejects");
  bring(3, "rejects");
  await settled();
  expect(errors).toMatchObject([
    { code: "schema-failed", topic: "throws", cause: { message: "broken" } },
    { code: "schema-failed", topic: "rejects", cause: { message: "offline" } },
    { code: "schema-failed", topic: "rejects" },
  ]);
  expect(subscriber.stats().invalid).toBe(3);
});

it("lets 256 messages wait for a schema that never answers, and says what it lets go", async () => {
  const { schema, answers } = slowSchema();
  using subscriber = new SeiSubscriber({ schemas: { slow: schema } });
  subscriber.attach(feed);
  const errors: Error[] = [];
  subscriber.on("error", (error) => errors.push(error));
  for (let index = 0; index < 300; index += 1) bring(index, "slow");
  await settled();
  expect(answers).toHaveLength(256);
  expect(errors[0]).toMatchObject({ code: "schema-slow", topic: "slow" });
  expect(subscriber.stats().invalid).toBe(44);
});

it("delivers nothing after it is closed", async () => {
  const { schema, answers } = slowSchema();
  const subscriber = new SeiSubscriber({ schemas: { slow: schema } });
  subscriber.attach(feed);
  const stream = subscriber.messages()[Symbol.asyncIterator]();
  bring(1, "slow");
  subscriber.close();
  answers[0]?.(1);
  await settled();
  expect(subscriber.stats().messages).toBe(0);
  expect(await stream.next()).toMatchObject({ done: true });
});

it("refuses what is no schema by name", () => {
  const schemas = { chat: {} as StandardSchemaV1<unknown, string> };
  expect(() => new SeiSubscriber({ schemas })).toThrow("schemas.chat");
});

it("types values by the schemas", () => {
  const score = z.number();
  using subscriber = new SeiSubscriber({ schemas: { chat, score } });
  subscriber.on("message", (message) => {
    expectTypeOf(message.topic).toEqualTypeOf<"chat" | "score">();
    if (message.topic === "chat") expectTypeOf(message.value).toEqualTypeOf<{ user: string; text: string }>();
    else expectTypeOf(message.value).toEqualTypeOf<number>();
  });
  subscriber.on("present", (message) => {
    expectTypeOf(message.presented).toEqualTypeOf<boolean>();
    if (message.topic === "score") expectTypeOf(message.value).toEqualTypeOf<number>();
  });
  const read = async () => {
    for await (const { value } of subscriber.messages({ topic: "score" })) expectTypeOf(value).toEqualTypeOf<number>();
    for await (const { topic } of subscriber.messages()) expectTypeOf(topic).toEqualTypeOf<"chat" | "score">();
  };
  expectTypeOf(read).returns.toEqualTypeOf<Promise<void>>();
});

it("types values by a map of topics, or as one type for all of them", () => {
  interface Chat {
    text: string;
  }
  using all = new SeiSubscriber<Chat>();
  all.on("message", (message) => expectTypeOf(message).toEqualTypeOf<ReceivedMessage<Chat>>());
  all.on("message", ({ topic }) => expectTypeOf(topic).toEqualTypeOf<string | undefined>());
  using anything = new SeiSubscriber();
  anything.on("message", ({ value }) => expectTypeOf(value).toEqualTypeOf<unknown>());
  using byTopic = new SeiSubscriber<unknown, { chat: Chat; detections: number[] }>();
  byTopic.on("message", (message) => {
    if (message.topic === "chat") expectTypeOf(message.value).toEqualTypeOf<Chat>();
    else expectTypeOf(message.value).toEqualTypeOf<number[]>();
  });
  // @ts-expect-error a topic that the map does not have
  byTopic.on("message", ({ topic }) => topic === "telemetry");
  expect(byTopic.stats().messages).toBe(0);
});
