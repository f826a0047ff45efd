import { ManualFeed, userData } from "@inband/rig/manual-feed";
import { nextId } from "@inband/rig/sender";
import { SeiSubscriber } from "@inband/subscriber";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";

let warned: string[];
let feed: ManualFeed;

beforeEach(() => {
  warned = [];
  vi.spyOn(console, "warn").mockImplementation((...words) => void warned.push(words.join(" ")));
  feed = new ManualFeed();
});

afterEach(() => {
  vi.restoreAllMocks();
});

const fail = (message: string, code?: string) => feed.sink?.failed(Object.assign(new Error(message), { code }));
const bringMessage = () => {
  for (const part of userData("hello", { id: nextId(), source: 1, sequence: 0 })) feed.bring(part);
};

describe("an error that nobody listens to", () => {
  it("is one warning on the console for each cause", () => {
    using subscriber = new SeiSubscriber();
    subscriber.attach(feed);
    fail("the video is VP8", "no-h264");
    fail("the video is VP9", "no-h264");
    fail("a feed broke");
    fail("a feed broke");
    expect(warned).toEqual([
      expect.stringMatching(/^inband: the video is VP8 /),
      expect.stringMatching(/^inband: a feed broke /),
    ]);
    expect(subscriber.stats().errors).toBe(4);
  });

  it("writes no control characters to a terminal, and no more causes than 32", () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    using subscriber = new SeiSubscriber();
    subscriber.attach(feed);
    for (let cause = 0; cause < 100; cause += 1) {
      vi.advanceTimersByTime(1000);
      fail(`\x1b]0;${cause}\x07\x9b`);
    }
    expect(warned).toHaveLength(32);
    expect(warned[0]).toMatch(/^inband: {2}\]0;0 {2} /);
  });

  it("is said to the listener and not on the console where there is one", () => {
    using subscriber = new SeiSubscriber();
    const told: string[] = [];
    subscriber.on("error", ({ message }) => told.push(message)).attach(feed);
    fail("a feed broke");
    expect([told, warned]).toEqual([["a feed broke"], []]);
  });

  it("goes to a logger alone, and nowhere with `logger: false`", () => {
    const logged: string[] = [];
    const log = (text: string) => void logged.push(text);
    using loud = new SeiSubscriber({ logger: { debug: log, info() {}, warn: log, error: log } });
    loud.attach(feed);
    fail("a feed broke");
    using silent = new SeiSubscriber({ logger: false });
    silent.attach(feed);
    fail("a feed broke");
    expect([logged, warned]).toEqual([["inband: a feed broke"], []]);
  });
});

describe("a logger", () => {
  it("gets one line of debug for each message, once, with its id and topic, and no control characters", () => {
    const lines: string[] = [];
    const nothing = (): void => {};
    const logger = { debug: (text: string) => void lines.push(text), info: nothing, warn: nothing, error: nothing };
    using subscriber = new SeiSubscriber({ logger });
    subscriber.attach(feed);
    const ids = [nextId(), nextId()] as const;
    for (const part of userData("hello", { id: ids[0], source: 1, sequence: 0, topic: "chat\x1b[2J\x9b" })) {
      feed.bring(part);
      feed.bring(part);
    }
    for (const part of userData("bye", { id: ids[1], source: 1, sequence: 0 })) feed.bring(part);
    expect(lines).toEqual([
      `inband: message ${ids[0]} on "chat\\u001b[2J " received`,
      `inband: message ${ids[1]} received`,
    ]);
  });
});

describe("a listener that rejects", () => {
  it("is an error event, and no unhandled rejection", async () => {
    using subscriber = new SeiSubscriber();
    const told = Promise.withResolvers<Error>();
    subscriber.on("error", told.resolve).attach(feed);
    subscriber.on("message", async () => {
      throw new Error("the database is gone");
    });
    bringMessage();
    await expect(told.promise).resolves.toMatchObject({ message: "the database is gone" });
  });

  it("to an error is told to no listener again", async () => {
    using subscriber = new SeiSubscriber();
    let calls = 0;
    subscriber.attach(feed);
    subscriber.on("error", async () => {
      calls += 1;
      throw new Error("so is the log");
    });
    fail("a feed broke");
    await vi.waitFor(() => expect(subscriber.stats().errors).toBe(2));
    expect(calls).toBe(1);
  });
});
