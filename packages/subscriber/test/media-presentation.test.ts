import { useFakeClock } from "@inband/rig/fake-clock";
import { ManualFeed, userData } from "@inband/rig/manual-feed";
import { type PresentingVideo, SeiSubscriber } from "@inband/subscriber";
import { createMessageId } from "@inband/wire";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

type Metadata = { readonly mediaTime?: number };

/** A video whose frames are shown when a test says so. */
class ManualVideo implements PresentingVideo {
  paused = false;
  ended = false;
  currentTime = 0;
  #callbacks: ((now: number, metadata: Metadata) => void)[] = [];

  get requests(): number {
    return this.#callbacks.length;
  }

  requestVideoFrameCallback(callback: (now: number, metadata: Metadata) => void): number {
    return this.#callbacks.push(callback);
  }

  cancelVideoFrameCallback(): void {
    this.#callbacks = [];
  }

  show(...timesMs: number[]): void {
    for (const timeMs of timesMs) {
      this.currentTime = timeMs / 1000;
      for (const callback of this.#callbacks.splice(0)) callback(0, { mediaTime: timeMs / 1000 });
    }
  }
}

let subscriber: SeiSubscriber;
let feed: ManualFeed;
let video: ManualVideo;
let presented: unknown[];
let missed: unknown[];
let delivered: unknown[];

useFakeClock();

beforeEach(() => {
  subscriber = new SeiSubscriber();
  feed = new ManualFeed();
  video = new ManualVideo();
  presented = [];
  missed = [];
  delivered = [];
  subscriber.on("message", ({ value }) => delivered.push(value));
  subscriber.on("present", ({ value, presented: seen }) => (seen ? presented : missed).push(value));
  subscriber.attach(feed).presentWith(video);
});

afterEach(() => {
  subscriber.close();
  expect(video.requests).toBe(0);
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function hide(): void {
  if (typeof document === "undefined") vi.stubGlobal("document", { hidden: true });
  else vi.spyOn(document, "hidden", "get").mockReturnValue(true);
}

let sequence = 0;
function bring(value: unknown, timeMs: number, age = 0): void {
  sequence += 1;
  const header = { id: createMessageId(), source: 1, sequence };
  for (const { uuid, payload } of userData(value, header, { age })) {
    feed.sink?.userData({ uuid, payload }, { stream: "main 0", timestamp: timeMs * 1000 });
  }
}

describe("presentation by media time", () => {
  it("waits for the frame, however far ahead the segment was parsed", () => {
    bring("a", 1000);
    bring("b", 61_000);
    expect(delivered).toEqual(["a", "b"]);
    vi.advanceTimersByTime(20_000);
    video.show(900);
    expect(presented).toEqual([]);
    video.show(1000);
    expect(presented).toEqual(["a"]);
    expect(missed).toEqual([]);
  });

  it("takes the frame that the message speaks of, not the one that carried it", () => {
    bring("late", 1100, 9000);
    video.show(967);
    expect(presented).toEqual([]);
    video.show(1000);
    expect(presented).toEqual(["late"]);
  });

  it("is content with the next frame where its own was skipped or rounded", () => {
    bring("rounded", 1000);
    bring("skipped", 1033);
    video.show(999.4, 1100);
    expect(presented).toEqual(["rounded", "skipped"]);
  });

  it("presents in the order of media time, whatever the order of parsing", () => {
    bring("second", 2000);
    bring("first", 1000);
    video.show(2000);
    expect(presented).toEqual(["first", "second"]);
  });

  it("presents again what playing crosses again after seeking back, without another message", () => {
    for (const [value, timeMs] of [
      ["a", 1000],
      ["b", 2000],
      ["c", 3000],
    ] as const)
      bring(value, timeMs);
    video.show(1000, 2000, 3000);
    video.show(1500, 2000, 2500, 3100);
    expect(presented).toEqual(["a", "b", "c", "b", "c"]);
    expect(delivered).toEqual(["a", "b", "c"]);
  });

  it("presents again on the very frame that seeking lands on, once", () => {
    bring("a", 1000);
    bring("b", 2000);
    video.show(1000, 2000, 3000);
    video.show(2000, 2000, 2033);
    expect(presented).toEqual(["a", "b", "b"]);
  });

  it("presents again where the frame that seeking lands on was not seen itself", () => {
    bring("a", 1000);
    bring("b", 2000);
    video.show(1000, 2000, 3000);
    video.show(2067, 2100);
    expect(presented).toEqual(["a", "b", "b"]);
  });

  it("does not present again what a jump forward leaves out", () => {
    bring("a", 1000);
    bring("b", 2000);
    video.show(1000, 2000, 500, 9000);
    expect(presented).toEqual(["a", "b"]);
  });

  it("says that nothing was seen while the page is hidden, as playing goes on", () => {
    hide();
    bring("a", 1000);
    bring("b", 5000);
    video.currentTime = 2;
    vi.advanceTimersByTime(1000);
    expect(missed).toEqual(["a"]);
    video.paused = true;
    video.currentTime = 6;
    vi.advanceTimersByTime(5000);
    expect(missed).toEqual(["a"]);
  });

  it("presents at the end of a video what its last, skipped pictures were to present", () => {
    bring("a", 1000);
    bring("last", 5000);
    video.show(1000, 4800);
    expect(presented).toEqual(["a"]);
    Object.assign(video, { currentTime: 5.033, paused: true, ended: true });
    vi.advanceTimersByTime(1000);
    expect(presented).toEqual(["a", "last"]);
    expect(missed).toEqual([]);
  });

  it("keeps a bounded number of messages", () => {
    for (let index = 0; index < 5000; index += 1) bring(index, 1000 + index);
    expect(missed).toHaveLength(5000 - 4096);
    video.show(10_000);
    expect(presented).toHaveLength(4096);
  });
});
