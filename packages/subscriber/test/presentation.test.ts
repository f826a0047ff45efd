import { useFakeClock } from "@inband/rig/fake-clock";
import { ManualFeed, userData } from "@inband/rig/manual-feed";
import { type PresentedMessage, type PresentingVideo, SeiSubscriber } from "@inband/subscriber";
import { createMessageId } from "@inband/wire";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";

/** A video whose frames are shown when a test says so. */
class ManualVideo implements PresentingVideo {
  paused = false;
  #callbacks = new Map<number, (now: number, metadata: { rtpTimestamp?: number; mediaTime?: number }) => void>();
  #handles = 0;

  get requests(): number {
    return this.#callbacks.size;
  }

  requestVideoFrameCallback(callback: (now: number, metadata: { rtpTimestamp?: number }) => void): number {
    this.#handles += 1;
    this.#callbacks.set(this.#handles, callback);
    return this.#handles;
  }

  cancelVideoFrameCallback(handle: number): void {
    this.#callbacks.delete(handle);
  }

  show(rtpTimestamp?: number, mediaTime?: number): void {
    const callbacks = [...this.#callbacks.values()];
    this.#callbacks.clear();
    const metadata = {
      ...(rtpTimestamp === undefined ? {} : { rtpTimestamp }),
      ...(mediaTime === undefined ? {} : { mediaTime }),
    };
    for (const callback of callbacks) callback(0, metadata);
  }
}

let subscriber: SeiSubscriber;
let feed: ManualFeed;
let video: ManualVideo;
let presented: PresentedMessage[];

useFakeClock();

beforeEach(() => {
  subscriber = new SeiSubscriber();
  feed = new ManualFeed();
  video = new ManualVideo();
  presented = [];
  subscriber.on("present", (message) => presented.push(message));
  expect(subscriber.attach(feed).presentWith(video).feed).toBe("manual");
});

afterEach(() => {
  subscriber.close();
  expect(video.requests).toBe(0);
});

let sequence = 0;
function bring(value: unknown, rtpTimestamp: number, age = 0): void {
  sequence += 1;
  for (const message of userData(value, { id: createMessageId(), source: 1, sequence }, { age })) {
    feed.bring(message, { rtpTimestamp });
  }
}
const shown = () => presented.map(({ value, presented: seen }) => [value, seen]);

describe("presentWith", () => {
  it("fires when the frame of a message is shown", () => {
    bring("a", 3000);
    video.show(0);
    expect(presented).toEqual([]);
    video.show(3000);
    expect(shown()).toEqual([["a", true]]);
    expect(presented[0]?.presentedRtpTimestamp).toBe(3000);
    expect(presented[0]?.toJSON()).toMatchObject({ value: "a", presented: true, copies: 1, rtpTimestamp: 3000 });
    video.show(6000);
    expect(presented).toHaveLength(1);
  });

  it("fires on the next frame that is shown where its own is skipped", () => {
    bring("a", 3000);
    bring("b", 6000);
    bring("c", 12_000);
    video.show(9000);
    expect(shown()).toEqual([
      ["a", true],
      ["b", true],
    ]);
  });

  it("fires at once on the next frame when its own is past", () => {
    bring("a", 90_000, 45_000);
    video.show(60_000);
    expect(shown()).toEqual([["a", true]]);
  });

  it("knows the order of frames over the wrap of the RTP timestamp", () => {
    bring("a", 1000, 4000);
    bring("b", 1000);
    video.show(2 ** 32 - 6000);
    expect(presented).toEqual([]);
    video.show(2 ** 32 - 3000);
    expect(shown()).toEqual([["a", true]]);
    video.show(1000);
    expect(shown()).toEqual([
      ["a", true],
      ["b", true],
    ]);
  });

  it("asks for frames only while messages wait", () => {
    expect(video.requests).toBe(0);
    bring("a", 3000);
    expect(video.requests).toBe(1);
    video.show(3000);
    expect(video.requests).toBe(0);
  });

  it("fires by the clock after a second in a paused video, and says so", () => {
    video.paused = true;
    bring("a", 3000);
    vi.advanceTimersByTime(999);
    expect(presented).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(shown()).toEqual([["a", false]]);
    expect(presented[0]?.presentedRtpTimestamp).toBeUndefined();
  });

  it("fires by the clock after a second in a hidden page", () => {
    if (typeof document === "undefined") vi.stubGlobal("document", { hidden: true });
    else vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    bring("a", 3000);
    vi.advanceTimersByTime(1000);
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    expect(shown()).toEqual([["a", false]]);
  });

  it("waits longer for a video that stands still, and not for ever", () => {
    bring("a", 3000);
    vi.advanceTimersByTime(4999);
    expect(presented).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(shown()).toEqual([["a", false]]);
  });

  it("fires on the next frame where the browser does not say which it is", () => {
    bring("a", 3000);
    video.show();
    expect(shown()).toEqual([["a", true]]);
  });

  it("keeps a bounded number of messages, and loses none", () => {
    for (let index = 0; index < 300; index += 1) bring(index, 3000);
    expect(shown()).toEqual(Array.from({ length: 44 }, (_, index) => [index, false]));
    video.show(3000);
    expect(presented).toHaveLength(300);
  });

  it("moves on to another video", () => {
    const next = new ManualVideo();
    const other = new ManualFeed("other");
    const attachment = subscriber.attach(other).presentWith(video);
    for (const message of userData("a", { id: createMessageId(), source: 2, sequence: 0 })) other.bring(message);
    attachment.presentWith(next);
    expect(video.requests).toBe(0);
    for (const message of userData("b", { id: createMessageId(), source: 2, sequence: 1 })) other.bring(message);
    next.show(90_000);
    expect(presented.map(({ value }) => value)).toContain("b");
  });

  it("refuses what is no video", () => {
    expect(() => subscriber.attach(new ManualFeed()).presentWith({} as PresentingVideo)).toThrow(TypeError);
  });
});

describe("presentation on another video", () => {
  it("takes the messages along that wait", () => {
    using other = new SeiSubscriber();
    const line = new ManualFeed();
    const after = new ManualVideo();
    const seen: unknown[] = [];
    other.on("present", ({ value, presented: isSeen }) => seen.push([value, isSeen]));
    const attachment = other.attach(line).presentWith(video);
    for (const [value, rtpTimestamp] of [
      ["one", 3000],
      ["two", 6000],
    ] as const) {
      const header = { id: createMessageId(), source: 1, sequence: rtpTimestamp };
      for (const message of userData(value, header)) line.bring(message, { rtpTimestamp });
    }
    attachment.presentWith(after);
    video.show(9000);
    expect(seen).toEqual([]);
    after.show(3000);
    after.show(6000);
    expect(seen).toEqual([
      ["one", true],
      ["two", true],
    ]);
  });

  it("takes the messages of media time along too, those that were seen included", () => {
    using other = new SeiSubscriber();
    const line = new ManualFeed();
    const after = new ManualVideo();
    const seen: unknown[] = [];
    other.on("present", ({ value }) => seen.push(value));
    const attachment = other.attach(line).presentWith(video);
    for (const [value, timestamp] of [
      ["one", 1_000_000],
      ["two", 2_000_000],
    ] as const) {
      const header = { id: createMessageId(), source: 1, sequence: timestamp };
      for (const message of userData(value, header)) line.sink?.userData(message, { stream: "main", timestamp });
    }
    video.show(undefined, 1);
    attachment.presentWith(after);
    after.show(undefined, 2);
    after.show(undefined, 1);
    expect(seen).toEqual(["one", "two", "one"]);
  });
});

describe("presentation by a clock that tells no time", () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY])("waits for the frame all the same: %s", (time) => {
    const clock = vi.spyOn(performance, "now").mockReturnValue(time);
    onTestFinished(() => clock.mockRestore());
    using other = new SeiSubscriber();
    const line = new ManualFeed();
    const seen: unknown[] = [];
    other.on("present", ({ value }) => seen.push(value));
    other.attach(line).presentWith(video);
    const header = { id: createMessageId({ nowMs: 1 }), source: 1, sequence: 1 };
    for (const message of userData("one", header)) line.bring(message, { rtpTimestamp: 3000 });
    vi.advanceTimersByTime(60_000);
    video.show(3000);
    expect(seen).toEqual(["one"]);
  });
});
