import { dataChannelFeed } from "@inband/data-channel";
import { accessUnitFeed, SeiSubscriber } from "@inband/subscriber";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

let subscriber: SeiSubscriber;
let told: unknown[];

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  subscriber = new SeiSubscriber();
  subscriber.on("ended", ({ feed, reason }) => told.push([feed, reason]));
});

afterEach(() => {
  subscriber.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe("a data channel that is closed", () => {
  it("is an `ended` where it has the interface of the web, and leaves no listener behind", () => {
    const listeners = new Map<string, unknown>();
    const channel = {
      label: "messages",
      addEventListener: (type: string, listener: unknown) => void listeners.set(type, listener),
      removeEventListener: (type: string, listener: unknown) => {
        if (listeners.get(type) === listener) listeners.delete(type);
      },
    };
    subscriber.attach(dataChannelFeed(channel));
    (listeners.get("close") as () => void)();
    expect(told).toEqual([["data-channel", "connection-closed"]]);
    subscriber.close();
    expect(listeners.size).toBe(0);
  });

  it("is an `ended` where it is one of node-datachannel, once it had been open", () => {
    let isOpen = false;
    const channel = { getLabel: () => "messages", onMessage() {}, isOpen: () => isOpen };
    subscriber.attach(dataChannelFeed(channel));
    vi.advanceTimersByTime(5000);
    expect(told).toEqual([]);
    isOpen = true;
    vi.advanceTimersByTime(5000);
    isOpen = false;
    vi.advanceTimersByTime(500);
    expect(told).toEqual([["data-channel", "connection-closed"]]);
    vi.advanceTimersByTime(60_000);
    expect(told).toHaveLength(1);
  });
});

describe("access units that come to their end", () => {
  const ended = (): Promise<unknown> => new Promise((done) => subscriber.once("ended", done));

  it("are an `ended`, behind the last message", async () => {
    vi.useRealTimers();
    const finished = ended();
    subscriber.attach(accessUnitFeed((async function* () {})()));
    await expect(finished).resolves.toMatchObject({ feed: "access-units", reason: "end-of-media", source: undefined });
    vi.useFakeTimers();
  });

  it("are an `error` and then an `ended` where reading fails", async () => {
    vi.useRealTimers();
    const finished = ended();
    subscriber.on("error", ({ message }) => told.push(message));
    const failing: AsyncIterable<never> = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("the disk is gone")) }),
    };
    subscriber.attach(accessUnitFeed(failing));
    await finished;
    expect(told).toEqual(["the disk is gone", ["access-units", "end-of-media"]]);
    vi.useFakeTimers();
  });
});
