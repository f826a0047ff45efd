import { SeiPublisher } from "@inband/publisher";
import { accessUnit } from "@inband/rig/access-unit";
import { message } from "@inband/rig/message";
import { RecordedEvents } from "@inband/rig/recorded-events";
import { AccessUnitCarrier, CarrierPublishers, defaultCarrierLimits } from "@inband/stream";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";

/** The calls under a `commit`, the deepest first, each as the file that it is in. */
let stacks: string[][];

beforeEach(() => {
  const { stackTraceLimit } = Error;
  const { queueMicrotask } = globalThis;
  stacks = [];
  Error.stackTraceLimit = 200;
  vi.spyOn(globalThis, "queueMicrotask").mockImplementation((call) => {
    note();
    queueMicrotask(call);
  });
  onTestFinished(() => {
    Error.stackTraceLimit = stackTraceLimit;
    vi.restoreAllMocks();
  });
});

/** Notes how deep under a `commit` the program is. */
function note(): void {
  const calls = (new Error().stack ?? "").split("\n").filter((line) => /packages\/[a-z0-9]+\/src\//.test(line));
  const commit = calls.findLastIndex((line) => /\bcommit \(/.test(line));
  if (commit >= 0) stacks.push(calls.slice(0, commit + 1).map((line) => /([^/]+\.ts):/.exec(line)?.[1] ?? line));
}

function clock(): number {
  note();
  return performance.timeOrigin + performance.now();
}

/** An object of which every reading is noted. */
function watched<T extends object>(object: T): T {
  return new Proxy(object, {
    get(target, key) {
      note();
      return Reflect.get(target, key);
    },
  });
}

function expectShallow(): void {
  const deepest = stacks.reduce((deep, calls) => (calls.length > deep.length ? calls : deep), []);
  expect(deepest.length).toBeGreaterThan(3);
  expect(deepest.length, deepest.join(" < ")).toBeLessThanOrEqual(8);
  for (const calls of stacks) expect(new Set(calls).size, calls.join(" < ")).toBeLessThanOrEqual(5);
}

it("a commit with which messages of a publisher end is at most 8 calls deep, in at most 5 files", async () => {
  const video = new AccessUnitCarrier({ name: "own", send() {}, clock });
  vi.spyOn(console, "debug").mockImplementation(() => {});
  vi.spyOn(console, "info").mockImplementation(() => {});
  using publisher = new SeiPublisher({ copies: 1, logger: console });
  publisher.on("settled", () => {});
  publisher.attach(video);
  publisher.publish("retained", { topic: "t", retain: true });
  const { sent } = publisher.publish("x");
  video.write(accessUnit(0));
  expect(stacks.flat(), "what is told later is put off under the commit").toContain("later-calls.ts");
  video.write(accessUnit(1, { isKeyFrame: true }));
  expect(await sent).toMatchObject({ outcome: "sent" });
  expectShallow();
});

it("so it is wherever a commit reads a message or its frame, with several streams and publishers", () => {
  const publishers = new CarrierPublishers(defaultCarrierLimits, { clock });
  onTestFinished(() => publishers.close());
  const streams = ["low", "high"].map((name) => publishers.stream(name));
  for (const name of ["one", "two"]) {
    const open = publishers.open(new RecordedEvents());
    const standing = { expiresAtMs: Number.POSITIVE_INFINITY };
    open.offer(watched(message(`${name} heartbeat`, { ...standing, standing: "heartbeat" })));
    open.offer(watched(message(`${name} retained`, { ...standing, standing: "retained", repeats: name })));
    open.offer(watched(message(name, { copies: 2, keyFrameCopies: 1 })));
  }
  for (const rtpTimestamp of [0, 3000, 6000]) {
    for (const stream of streams) {
      stream.take(watched({ rtpTimestamp, isKeyFrame: rtpTimestamp !== 3000 }));
      stream.commit();
    }
  }
  expectShallow();
});
