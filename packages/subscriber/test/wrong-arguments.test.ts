import { ManualFeed } from "@inband/rig/manual-feed";
import { SeiSubscriber } from "@inband/subscriber";
import { ivs } from "@inband/wire";
import { describe, expect, it } from "vitest";

/** As a caller without types writes it. */
// biome-ignore lint/suspicious/noExplicitAny: what a caller in JavaScript may pass
const untyped = (value: unknown): any => value;

describe("a TypeError names what was expected", () => {
  it.each([
    [
      "a profile that was not called",
      { profiles: [ivs] },
      /^profiles: expected an array of profiles as in \[inband\(\)\]/,
    ],
    ["one profile instead of several", { profiles: ivs() }, /^profiles: expected an array/],
    ["the name of a profile", { profiles: ["ivs"] }, /^profiles: expected an array/],
    ["the option of a publisher", { profile: ivs() }, /^profile: no such option, expected profiles, /],
    ["an order that there is not", { order: "random" }, /^order: expected "arrival" or "sequence", got random/],
    ["a clock, which there is no option for", { now: () => 5 }, /^now: no such option, expected profiles, /],
    ["a logger that is none", { logger: "debug" }, /^logger: expected a console, or false/],
    ["a profile in place of options", ivs, /^options: expected an object, got function/],
  ])("for %s", (_, options, message) => {
    const make = () => new SeiSubscriber(untyped(options));
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });

  it.each([
    ["a receiver in place of a feed", {}, undefined, /^feed: expected a feed, as browserFeed\(receiver\)/],
    ["nothing in place of a feed", undefined, undefined, /^feed: expected a feed/],
    ["a group in place of options", new ManualFeed(), "alice", /^options: expected an object, got string/],
    ["an option of no attachment", new ManualFeed(), { groop: "alice" }, /^groop: no such option, expected group/],
    ["a group that is no string", new ManualFeed(), { group: 1 }, /^group: expected a string, got number/],
  ])("for %s that is attached", (_, feed, options, message) => {
    using subscriber = new SeiSubscriber();
    const attach = () => subscriber.attach(untyped(feed), untyped(options));
    expect(attach).toThrow(TypeError);
    expect(attach).toThrow(message);
  });

  it("for an event that there is not", () => {
    using subscriber = new SeiSubscriber();
    for (const method of ["on", "once", "off"] as const) {
      const listen = () => subscriber[method](untyped("mesage"), () => {});
      expect(listen).toThrow(TypeError);
      expect(listen).toThrow(/^event: expected message, present, .*, got mesage$/);
    }
  });

  it("for an option that `messages` does not have", () => {
    using subscriber = new SeiSubscriber();
    expect(() => subscriber.messages(untyped({ topics: ["chat"] }))).toThrow(/^topics: no such option/);
  });

  it("for a feed that is attached already, and lets it come back when it was detached", () => {
    using subscriber = new SeiSubscriber();
    const feed = new ManualFeed("camera");
    const attachment = subscriber.attach(feed);
    expect(() => subscriber.attach(feed)).toThrow(new TypeError("feed: camera is attached already"));
    expect(feed.isEnded).toBe(false);
    attachment.close();
    subscriber.attach(feed);
  });

  it.each([undefined, null, {}, "video"])("for a video to present with that is %s", (video) => {
    using subscriber = new SeiSubscriber();
    const present = () => subscriber.attach(new ManualFeed()).presentWith(untyped(video));
    expect(present).toThrow(/^video: expected a video element/);
  });
});
