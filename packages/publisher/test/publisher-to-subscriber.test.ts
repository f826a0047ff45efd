import { parseSei, parseUserDataUnregistered } from "@inband/h264";
import { SeiPublisher } from "@inband/publisher";
import { useFakeClock } from "@inband/rig/fake-clock";
import { ManualCarrier } from "@inband/rig/manual-carrier";
import { type Gap, SeiSubscriber } from "@inband/subscriber";
import { expect, it, vi } from "vitest";

useFakeClock({ microtasks: true });

/** What a subscriber has heard. */
class Listener implements Disposable {
  readonly values: unknown[] = [];
  readonly gaps: Gap[] = [];
  readonly errors: Error[] = [];
  /** What it was told of the sources. */
  readonly life: string[] = [];
  readonly #subscriber = new SeiSubscriber({ gapTimeoutMs: 3000 });
  #bring: (nals: readonly Uint8Array[], rtpTimestamp: number) => void = () => {};

  constructor() {
    this.#subscriber.on("message", ({ value }) => this.values.push(value));
    this.#subscriber.on("gap", (gap) => this.gaps.push(gap));
    this.#subscriber.on("error", (error) => this.errors.push(error));
    this.#subscriber.on("ended", ({ reason }) => this.life.push(reason));
    this.#subscriber.on("resumed", () => this.life.push("resumed"));
    this.#subscriber.attach({
      name: "link",
      open: (sink) => {
        this.#bring = (nals, rtpTimestamp) => {
          for (const { payload } of nals.flatMap(parseSei)) {
            sink.userData(parseUserDataUnregistered(payload), { stream: "1", rtpTimestamp });
          }
          sink.accessUnits(1);
        };
        return { [Symbol.dispose]: () => {} };
      },
    });
  }

  /** So many access units at 30 a second, with a key frame every two seconds; those for which `isLost` do not come. */
  run(carrier: ManualCarrier, count: number, isLost: (index: number) => boolean = () => false): void {
    for (let index = 0; index < count; index += 1) {
      vi.advanceTimersByTime(33);
      const { nals, rtpTimestamp } = carrier.frame({ isKeyFrame: index % 60 === 0 });
      if (!isLost(index)) this.#bring(nals, rtpTimestamp);
    }
  }

  [Symbol.dispose](): void {
    this.#subscriber.close();
  }
}

it("reports the last message of a topic when all its copies are lost, and none that was given up", () => {
  using publisher = new SeiPublisher({ keyFrameCopies: 0 });
  using listener = new Listener();
  const carrier = new ManualCarrier();
  publisher.attach(carrier);
  publisher.publish("first", { topic: "t" });
  listener.run(carrier, 10);
  publisher.publish("cancelled", { topic: "t" }).cancel();
  publisher.publish("second", { topic: "t" });
  listener.run(carrier, 10);
  publisher.publish("lost", { topic: "t" });
  listener.run(carrier, 300, (index) => index < 3);
  expect(listener.values).toEqual(["first", "second"]);
  expect(listener.gaps).toMatchObject([{ topic: "t", sequence: 3, missing: 1 }]);
  expect(listener.errors).toEqual([]);
});

it("reports the first messages of a topic, and the last before the publisher is closed, when all their copies are lost", () => {
  using publisher = new SeiPublisher({ keyFrameCopies: 0 });
  using listener = new Listener();
  const carrier = new ManualCarrier();
  publisher.attach(carrier);
  listener.run(carrier, 5);
  publisher.publish("lost", { topic: "t" });
  listener.run(carrier, 10, (index) => index < 3);
  publisher.publish("came", { topic: "t" });
  listener.run(carrier, 60);
  publisher.publish("lost too", { topic: "t" });
  publisher.publish("lost as well", { topic: "u" });
  listener.run(carrier, 3, () => true);
  publisher.close();
  listener.run(carrier, 120, (index) => index < 10);
  vi.advanceTimersByTime(3000);
  expect(listener.values).toEqual(["came"]);
  expect(listener.gaps).toMatchObject([
    { topic: "t", sequence: 0, missing: 1 },
    { topic: "u", sequence: 0, missing: 1 },
    { topic: "t", sequence: 2, missing: 1 },
  ]);
});

it("gives one who comes late what is retained, once, and reports nothing of what was before", () => {
  using publisher = new SeiPublisher();
  const carrier = new ManualCarrier();
  publisher.attach(carrier);
  using early = new Listener();
  publisher.publish("old", { topic: "clock", retain: true });
  for (let index = 0; index < 5; index += 1) publisher.publish(index, { topic: "chat" });
  early.run(carrier, 100);
  publisher.publish("new", { topic: "clock", retain: true });
  early.run(carrier, 100);
  using late = new Listener();
  late.run(carrier, 200);
  publisher.publish("newer", { topic: "clock", retain: true });
  publisher.publish(5, { topic: "chat" });
  late.run(carrier, 200);
  expect(early.values).toEqual(["old", 0, 1, 2, 3, 4, "new"]);
  expect(late.values).toEqual(["new", "newer", 5]);
  expect([...early.gaps, ...late.gaps]).toEqual([]);
});

it("reports no gap and delivers all when a publisher is restarted in mid-stream", () => {
  using listener = new Listener();
  const carrier = new ManualCarrier();
  for (const run of ["before", "after", "once more"]) {
    using publisher = new SeiPublisher();
    publisher.attach(carrier);
    for (let number = 0; number < 5; number += 1) {
      publisher.publish(`${run} ${number}`, { topic: "t" });
      listener.run(carrier, 7);
    }
  }
  listener.run(carrier, 300);
  expect(listener.values).toEqual(
    ["before", "after", "once more"].flatMap((run) => [0, 1, 2, 3, 4].map((number) => `${run} ${number}`)),
  );
  expect(listener.gaps).toEqual([]);
  expect(listener.errors).toEqual([]);
});

it("tells that a publisher has left and that another one is there, while the video goes on", () => {
  using listener = new Listener();
  const carrier = new ManualCarrier();
  const publisher = new SeiPublisher();
  publisher.attach(carrier);
  publisher.publish("hello", { topic: "t" });
  listener.run(carrier, 100);
  expect(listener.life).toEqual([]);
  publisher.close();
  listener.run(carrier, 1);
  expect(listener.life).toEqual(["publisher-closed"]);
  listener.run(carrier, 400);
  using next = new SeiPublisher();
  const attached = next.attach(carrier);
  listener.run(carrier, 1);
  expect(listener.life).toEqual(["publisher-closed", "resumed"]);
  attached[Symbol.dispose]();
  listener.run(carrier, 1);
  expect(listener.life).toEqual(["publisher-closed", "resumed", "publisher-closed"]);
  expect(listener.errors).toEqual([]);
});
