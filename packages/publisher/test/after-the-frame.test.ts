import { SeiPublisher } from "@inband/publisher";
import { useFakeClock } from "@inband/rig/fake-clock";
import { ManualCarrier } from "@inband/rig/manual-carrier";
import { told } from "@inband/rig/turn";
import { type CarrierEvents, defaultCarrierLimits, type SeiCarrier } from "@inband/stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

let carrier: ManualCarrier;

useFakeClock();

beforeEach(() => {
  carrier = new ManualCarrier();
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** A carrier that says what a test has it say. */
function scripted(): SeiCarrier & { events?: CarrierEvents } {
  const made: SeiCarrier & { events?: CarrierEvents } = {
    name: "scripted",
    limits: defaultCarrierLimits,
    open(events) {
      made.events = events;
      return { offer() {}, withdraw() {}, [Symbol.dispose]() {} };
    },
  };
  return made;
}

describe("a listener", () => {
  it("of each event, and a logger, are called after the access unit has left", async () => {
    const happened: string[] = [];
    const hear = (what: string) => () => void happened.push(what);
    const logger = { debug: hear("log"), info: hear("log"), warn: hear("log"), error: hear("log") };
    using publisher = new SeiPublisher({ copies: 1, heartbeat: false, logger });
    const other = scripted();
    publisher.attach(carrier);
    publisher.attach(other);
    await told();
    happened.length = 0;
    for (const name of ["settled", "keyFrameRequest", "bitrate", "stalled", "error"] as const) {
      publisher.on(name, hear(name));
    }
    const { id, sent } = publisher.publish("x");
    sent.then(hear("sent"));
    other.events?.sent([{ messageId: id, outcome: "sent", streams: [] }]);
    const stream = carrier.publishers.stream("1");
    stream.take({ rtpTimestamp: 1, isKeyFrame: false });
    stream.commit();
    other.events?.keyFrameRequest();
    other.events?.bitrate(1);
    other.events?.stalled();
    other.events?.failed(new Error("x"));
    happened.push("the access unit has left");
    await told();
    expect(happened).toEqual([
      "the access unit has left",
      "keyFrameRequest",
      "bitrate",
      "log",
      "stalled",
      "log",
      "error",
      "log",
      "settled",
      "sent",
    ]);
  });

  it("that is taken back before it is told hears nothing, and what came before `close` is told after it", async () => {
    const publisher = new SeiPublisher({ copies: 1 });
    publisher.attach(carrier);
    const heard: string[] = [];
    const takenBack = (): void => void heard.push("taken back");
    publisher.on("settled", ({ outcome }) => heard.push(outcome)).on("settled", takenBack);
    publisher.publish("x");
    carrier.frame();
    publisher.publish("y");
    publisher.off("settled", takenBack);
    publisher.close();
    expect(heard).toEqual([]);
    await told();
    expect(heard).toEqual(["sent", "dropped"]);
  });

  it("that publishes into a full queue whenever it hears of it lets the event loop go on", async () => {
    using publisher = new SeiPublisher({ overflow: "drop-oldest", maxQueueMessages: 1 });
    let heard = 0;
    publisher.on("settled", () => {
      heard += 1;
      publisher.publish("again");
    });
    publisher.publish("first");
    publisher.publish("second");
    for (let turn = 0; turn < 1000; turn += 1) await undefined;
    expect(heard).toBeLessThan(100);
    const before = heard;
    await vi.advanceTimersByTimeAsync(10);
    expect(heard).toBeGreaterThan(before);
    publisher.close();
    await vi.advanceTimersByTimeAsync(10);
  });

  it("that rejects is reported as one that throws, and one for errors that rejects only to the logger", async () => {
    const logged: string[] = [];
    const nothing = (): void => {};
    const error = (text: string): void => void logged.push(text);
    using publisher = new SeiPublisher({ copies: 1, logger: { debug: nothing, info: nothing, warn: nothing, error } });
    const errors: unknown[] = [];
    publisher.on("settled", async () => {
      throw new Error("my fault");
    });
    publisher.on("error", async ({ message }) => {
      errors.push(message);
      throw Object.create(null);
    });
    publisher.attach(carrier);
    publisher.publish("x");
    carrier.frame();
    await told();
    await told();
    expect(errors).toEqual(["my fault"]);
    expect(logged).toEqual(["inband: my fault", "inband: Something was thrown that is no error and has no text"]);
  });

  it("costs nothing where there is none: one microtask for all messages that end with an access unit, and no timer", () => {
    using publisher = new SeiPublisher({ copies: 2, heartbeat: false });
    publisher.attach(carrier);
    publisher.publish("x");
    publisher.publish("y");
    const microtasks = vi.spyOn(globalThis, "queueMicrotask");
    const timers = vi.getTimerCount();
    carrier.frame();
    expect(microtasks).not.toHaveBeenCalled();
    carrier.frame();
    expect(microtasks).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(timers);
  });
});

describe("a logger", () => {
  it("gets one line of debug for each message, with its id, its topic and what became of it", async () => {
    const lines: string[] = [];
    const nothing = (): void => {};
    const debug = (text: string): void => void lines.push(text);
    using publisher = new SeiPublisher({ copies: 1, logger: { debug, info: nothing, warn: nothing, error: nothing } });
    publisher.attach(carrier);
    const chat = publisher.publish("hello", { topic: "chat" });
    carrier.frame();
    const other = publisher.publish("bye");
    other.cancel();
    await told();
    expect(lines).toEqual([
      expect.stringMatching(`^inband: message ${chat.id} on "chat" sent, \\d+ bytes, copies: 1$`),
      expect.stringMatching(`^inband: message ${other.id} cancelled, \\d+ bytes, copies: 0$`),
    ]);
  });

  it("may throw, and reject", async () => {
    const fail = (): never => {
      throw new Error("full disk");
    };
    const reject = async (): Promise<void> => fail();
    using publisher = new SeiPublisher({ copies: 1, logger: { debug: fail, info: reject, warn: fail, error: reject } });
    publisher.attach(carrier);
    const { sent } = publisher.publish("x");
    carrier.frame();
    carrier.events?.failed(new Error("x"));
    expect(await sent).toMatchObject({ outcome: "sent" });
    await told();
  });
});

describe("an error that nobody listens to", () => {
  it("is one warning on the console for each cause, without control characters", async () => {
    const warned: string[] = [];
    vi.spyOn(console, "warn").mockImplementation((...words) => void warned.push(words.join(" ")));
    using publisher = new SeiPublisher();
    publisher.attach(carrier);
    for (const reason of ["VP8", "VP9"]) {
      carrier.events?.failed(Object.assign(new Error(`the video is ${reason}`), { code: "no-h264" }));
    }
    for (let count = 0; count < 2; count += 1) carrier.events?.failed(new Error("\x1b]0;broke\x07"));
    await told();
    expect(warned).toEqual([
      "inband: the video is VP8 (no listener for error; said once)",
      "inband:  ]0;broke  (no listener for error; said once)",
    ]);
  });

  it("is silent with a listener, which may come later in the same turn, with a logger, and with `logger: false`", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
    const nothing = (): void => {};
    const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
    const errors: string[] = [];
    for (const options of [{}, { logger }, { logger: false } as const]) {
      const own = new ManualCarrier();
      using publisher = new SeiPublisher(options);
      publisher.attach(own);
      own.events?.failed(new Error("broke"));
      if (!("logger" in options)) publisher.on("error", ({ message }) => errors.push(message));
      await told();
    }
    expect(warned).not.toHaveBeenCalled();
    expect(errors).toEqual(["broke"]);
  });
});
