import { ManualFeed, userData } from "@inband/rig/manual-feed";
import { nextId } from "@inband/rig/sender";
import type { FeedReader, SeiFeed, SeiSink } from "@inband/stream";
import { SeiSubscriber } from "@inband/subscriber";
import { describe, expect, it, onTestFinished } from "vitest";

/** A feed of several publishers, which a test lets come and go. */
class ManualStage implements SeiFeed {
  readonly name = "stage";
  isEnded = false;
  readonly #attached: Disposable[] = [];
  #reader: FeedReader | undefined;

  open(_sink: SeiSink, reader?: FeedReader): Disposable {
    this.#reader = reader;
    return {
      [Symbol.dispose]: () => {
        this.isEnded = true;
        for (const attachment of this.#attached) attachment[Symbol.dispose]();
      },
    };
  }

  comes(name: string): { readonly feed: ManualFeed; leaves(): void } {
    const feed = new ManualFeed(name);
    const attachment = this.#reader?.attach(feed, { group: name }) as Disposable;
    this.#attached.push(attachment);
    return { feed, leaves: () => attachment[Symbol.dispose]() };
  }
}

function subscribed() {
  const subscriber = new SeiSubscriber();
  onTestFinished(() => subscriber.close());
  const told: string[] = [];
  subscriber.on("message", ({ feed, value }) => told.push(`${feed}: ${value}`));
  const stage = new ManualStage();
  return { subscriber, stage, told, attachment: subscriber.attach(stage) };
}

const said = (value: string, id = nextId()) => userData(value, { id, source: 7, sequence: 0 });

describe("a feed of several publishers", () => {
  it("reads each from when it comes until it leaves, in a group of its own", () => {
    const { stage, told } = subscribed();
    const [alice, bob] = [stage.comes("alice"), stage.comes("bob")];
    const id = nextId();
    for (const { feed } of [alice, bob]) feed.bringAll(said("hello", id));
    expect(told).toEqual(["alice: hello", "bob: hello"]);
    alice.leaves();
    expect(alice.feed.isEnded).toBe(true);
    alice.feed.bringAll(said("gone"));
    bob.feed.bringAll(said("here"));
    expect(told.slice(2)).toEqual(["bob: here"]);
  });

  it("brings nothing twice of one that comes again, and neither does another path to it", () => {
    const { subscriber, stage, told } = subscribed();
    const first = stage.comes("alice");
    const hello = said("hello");
    first.feed.bringAll(hello);
    first.leaves();
    stage.comes("alice").feed.bringAll(hello);
    const channel = new ManualFeed("channel");
    subscriber.attach(channel, { group: "alice" });
    channel.bringAll(hello);
    expect(told).toEqual(["alice: hello"]);
  });

  it.each(["attachment", "subscriber"] as const)("ends with its %s", (what) => {
    const opened = subscribed();
    const { feed } = opened.stage.comes("alice");
    opened[what].close();
    expect([opened.stage.isEnded, feed.isEnded]).toEqual([true, true]);
  });
});
