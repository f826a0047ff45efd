import { useFakeClock } from "@inband/rig/fake-clock";
import { ManualFeed } from "@inband/rig/manual-feed";
import { Sender } from "@inband/rig/sender";
import { testSubscriber } from "@inband/rig/test-subscriber";
import { type ReceivedMessage, SeiSubscriber, type SubscriberTopic } from "@inband/subscriber";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { beforeEach, describe, expect, expectTypeOf, it, vi } from "vitest";

let subscriber: SeiSubscriber;
let feed: ManualFeed;
let sender: Sender;

useFakeClock();

beforeEach(() => {
  ({ subscriber, feed } = testSubscriber({ gapTimeoutMs: 100 }));
  sender = new Sender();
});

const bring = (value: unknown, topic?: string) => {
  for (const part of sender.message(value, topic)) feed.bring(part);
};

/** A schema that takes strings and returns them in capitals. */
const capitals: StandardSchemaV1<unknown, string> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof value === "string" ? { value: value.toUpperCase() } : { issues: [{ message: "expected a string" }] },
  },
};

describe("a topic of a subscriber", () => {
  it("hears its own messages alone, in the order of listeners, until they are removed", () => {
    const heard: unknown[] = [];
    const listener = ({ value }: ReceivedMessage) => heard.push(["chat", value]);
    const chat = subscriber.topic("chat");
    expect(chat.on("message", listener)).toBe(chat);
    subscriber.on("message", ({ value }) => heard.push(["all", value]));
    bring("a", "chat");
    bring("b", "score");
    bring("c");
    chat.off("message", listener);
    bring("d", "chat");
    expect(heard).toEqual([
      ["chat", "a"],
      ["all", "a"],
      ["all", "b"],
      ["all", "c"],
      ["all", "d"],
    ]);
  });

  it("waits for its own message with `once`, and keeps apart a listener that hears several topics", () => {
    const heard: unknown[] = [];
    const listener = ({ value }: ReceivedMessage) => heard.push(value);
    const chat = subscriber.topic("chat").once("message", listener);
    subscriber.topic("score").on("message", listener);
    subscriber.on("message", listener);
    bring(1, "other");
    bring(2, "chat");
    bring(3, "chat");
    bring(4, "score");
    subscriber.off("message", listener);
    bring(5, "score");
    chat.off("message", listener);
    bring(6, "score");
    expect(heard).toEqual([1, 2, 2, 3, 4, 4, 5, 6]);
  });

  it("tells of its own gaps, and of lateness in its order", () => {
    using ordered = new SeiSubscriber({ order: "sequence", orderTimeoutMs: 50 });
    const line = new ManualFeed();
    ordered.attach(line);
    const told: unknown[] = [];
    ordered.topic("chat").on("gap", ({ sequence, missing }) => told.push(["gap", sequence, missing]));
    ordered.topic("chat").on("late", ({ sequence }) => told.push(["late", sequence]));
    const parts = [0, 1, 2].map((number) => ({ chat: sender.numbered(number, number, "chat"), number }));
    const others = [0, 1, 2].map((number) => sender.numbered(number, number, "other"));
    for (const at of [0, 2]) for (const part of [...(parts[at]?.chat ?? []), ...(others[at] ?? [])]) line.bring(part);
    vi.advanceTimersByTime(50);
    for (const part of [...(parts[1]?.chat ?? []), ...(others[1] ?? [])]) line.bring(part);
    expect(told).toEqual([
      ["gap", 1, 1],
      ["late", 1],
    ]);
  });

  it("is read with `messages`, which says what a slow reader missed", async () => {
    const chat = subscriber.topic<string>("chat");
    const lagged: unknown[] = [];
    chat.on("lagged", ({ topic, missed }) => lagged.push([topic, missed]));
    const reader = chat.messages({ bufferSize: 1 })[Symbol.asyncIterator]();
    bring("a", "chat");
    bring("b", "chat");
    bring("c", "other");
    expect((await reader.next()).value).toMatchObject({ value: "b", topic: "chat" });
    expect(lagged).toEqual([["chat", 1]]);
  });

  it("validates by its schema, for every listener of the subscriber", () => {
    const heard: unknown[] = [];
    const errors: Error[] = [];
    subscriber.on("error", (error) => errors.push(error));
    subscriber.on("message", ({ value }) => heard.push(value));
    subscriber.topic("chat", capitals).on("message", ({ value }) => heard.push(value.length));
    bring("hello", "chat");
    bring(7, "chat");
    bring("other", "score");
    expect(heard).toEqual(["HELLO", 5, "other"]);
    expect(errors).toMatchObject([{ name: "SchemaError", topic: "chat", code: "invalid-value" }]);
  });

  it("has one schema: the same one may be given again, another one is refused", () => {
    subscriber.topic("chat", capitals);
    subscriber.topic("chat", capitals);
    subscriber.topic("chat");
    expect(() => subscriber.topic("chat", { ...capitals })).toThrow(/^schema: topic chat has another one already$/);
    expect(() => subscriber.topic("score", {} as never)).toThrow(/^schema: expected a Standard Schema, got object$/);
  });

  it("refuses a name that is not a string, and events that are not of a topic", () => {
    expect(() => subscriber.topic(7 as never)).toThrow(/^name: expected a string, got number$/);
    const chat = subscriber.topic("chat");
    for (const method of ["on", "once", "off"] as const) {
      const listen = () => chat[method]("stripped" as never, () => {});
      expect(listen).toThrow(/^event: expected message, present, gap, late, lagged, got stripped$/);
    }
  });

  it("has the type of the map, of the schema, of the subscriber, or the one that is named", () => {
    using byTopic = new SeiSubscriber<unknown, { chat: { text: string } }>();
    expectTypeOf(byTopic.topic("chat")).toEqualTypeOf<SubscriberTopic<{ text: string }>>();
    expectTypeOf(byTopic.topic("other", capitals)).toEqualTypeOf<SubscriberTopic<string>>();
    using all = new SeiSubscriber<number>();
    expectTypeOf(all.topic("chat")).toEqualTypeOf<SubscriberTopic<number>>();
    expectTypeOf(subscriber.topic<number[]>("detections")).toEqualTypeOf<SubscriberTopic<number[]>>();
  });
});
