import { type Publication, SeiPublisher } from "@inband/publisher";
import type { CarrierEvents, Message, SeiCarrier } from "@inband/stream";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";

const publishers: SeiPublisher<never>[] = [];

afterEach(() => {
  for (const publisher of publishers.splice(0)) publisher.close();
});

function made<T>(publisher: SeiPublisher<T>): SeiPublisher<T> {
  publishers.push(publisher as SeiPublisher<never>);
  return publisher;
}

/** A carrier that keeps what it is offered until the test says that it was sent. */
class HeldCarrier implements SeiCarrier {
  readonly name = "held";
  readonly limits = { bytesPerAccessUnit: 4096, bytesPerSecond: 65_536 };
  readonly offered: Message[] = [];
  #events: CarrierEvents | undefined;

  open(events: CarrierEvents) {
    this.#events = events;
    return {
      offer: (message: Message) => void (message.standing === undefined && this.offered.push(message)),
      withdraw: () => undefined,
      [Symbol.dispose]: () => undefined,
    };
  }

  send(): void {
    const reports = this.offered.splice(0).map(({ id }) => ({ messageId: id, outcome: "sent", streams: [] }) as const);
    this.#events?.sent(reports);
  }
}

describe("a topic of a publisher", () => {
  it("carries what belongs to it, and a message may say otherwise", () => {
    const publisher = made(new SeiPublisher({ heartbeat: false }));
    const carrier = new HeldCarrier();
    publisher.attach(carrier);
    const chat = publisher.topic<{ text: string }>("chat", { priority: 3, copies: 2 });
    chat.publish({ text: "hello" });
    chat.publish({ text: "again" }, { priority: 0 });
    expect(carrier.offered.map(({ priority, schedule }) => [priority, schedule.copies])).toEqual([
      [3, 2],
      [0, 2],
    ]);
    expect(chat.name).toBe("chat");
  });

  it("retains its newest value until it is told to stop", () => {
    const publisher = made(new SeiPublisher());
    const score = publisher.topic<number>("score", { retain: true });
    score.publish(1);
    score.publish(2);
    expect(publisher.stats().retainedTopics).toBe(1);
    score.unretain();
    expect(publisher.stats().retainedTopics).toBe(0);
  });

  it("refuses what its schema refuses, before anything is sent", () => {
    const publisher = made(new SeiPublisher());
    const score = publisher.topic("score", { schema: z.number() });
    expect(() => score.publish("three" as never)).toThrow(
      expect.objectContaining({ name: "PublishError", code: "invalid-value" }),
    );
    expect(publisher.stats().published).toBe(0);
    score.publish(3);
    expect(publisher.stats().published).toBe(1);
  });

  it("names what is wrong with its name, its options and its schema", () => {
    const publisher = made(new SeiPublisher());
    expect(() => publisher.topic(5 as never)).toThrow("topic: expected a string");
    expect(() => publisher.topic("chat", { topic: "other" } as never)).toThrow("topic: no such option");
    expect(() => publisher.topic("chat", { schema: {} as never })).toThrow("schema: expected a Standard Schema");
    const late = publisher.topic("late", { schema: z.string().refine(async () => true) });
    expect(() => late.publish("x")).toThrow("schema: expected one that answers at once");
  });
});

describe("the queue of a publisher", () => {
  it("is ready while there is room, and again when there is", async () => {
    const publisher = made(new SeiPublisher<number>({ maxQueueMessages: 2 }));
    const carrier = new HeldCarrier();
    publisher.attach(carrier);
    const published: Publication[] = [];
    const pipe = (async () => {
      for (let number = 0; number < 6; number += 1) {
        await publisher.ready;
        published.push(publisher.publish(number));
      }
    })();
    for (let round = 0; round < 10; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      expect(carrier.offered.length).toBeLessThanOrEqual(2);
      carrier.send();
    }
    await pipe;
    await publisher.flush();
    const outcomes = await Promise.all(published.map(async ({ sent }) => (await sent).outcome));
    expect(outcomes).toEqual(new Array(6).fill("sent"));
  });

  it("is ready for several who wait, one after the other", async () => {
    const publisher = made(new SeiPublisher<number>({ maxQueueMessages: 2 }));
    const carrier = new HeldCarrier();
    publisher.attach(carrier);
    const publishing = Promise.all(
      [0, 1, 2, 3, 4, 5].map(async (value) => {
        await publisher.ready;
        return publisher.publish(value).sent;
      }),
    );
    for (let turn = 0; turn < 30; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve));
      carrier.send();
    }
    expect((await publishing).map(({ outcome }) => outcome)).toEqual(Array(6).fill("sent"));
  });

  it("is flushed when nothing waits, however that came", async () => {
    const publisher = made(new SeiPublisher<number>());
    await publisher.flush();
    const { cancel } = publisher.publish(1);
    let isFlushed = false;
    const flushed = publisher.flush().then(() => {
      isFlushed = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(isFlushed).toBe(false);
    cancel();
    await flushed;
    publisher.publish(2);
    const closing = Promise.all([publisher.flush(), publisher.ready]);
    publisher.close();
    await closing;
  });
});
