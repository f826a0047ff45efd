import { spawnSync } from "node:child_process";
import { hangMs } from "@inband/rig/hang";
import { root } from "@inband/rig/repository";
import { describe, expect, it } from "vitest";

/** Runs a module in a process of its own, and returns the JSON that it prints. The process must end by itself. */
function run(script: string): { heapBytes: number[]; [more: string]: unknown } {
  const args = ["--expose-gc", "--conditions=@inband/source", "--input-type=module", "--eval", script];
  const options = { cwd: root, encoding: "utf8", timeout: hangMs } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
  expect(stderr.replaceAll(/.*(ExperimentalWarning|--trace-warnings).*\n/g, "")).toBe("");
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

/** What is full after the second round of six stays as it is. */
function expectFlat([, second = 0, ...later]: readonly number[]): void {
  expect(later).toHaveLength(4);
  for (const bytes of later) expect(bytes).toBeLessThan(second * 1.1 + 1_000_000);
}

/** One collection leaves what has finalizers, and what came of it, to the next. */
const measure = `
  const heapBytes = [];
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const settle = async (ms) => {
    await sleep(ms);
    for (let turn = 0; turn < 3; turn++) {
      gc();
      await sleep(5);
    }
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    heapBytes.push(heapUsed + arrayBuffers);
  };`;

describe("a process", () => {
  it("lives, and its memory is flat, when it publishes for long with nothing attached and nothing awaited", () => {
    const { heapBytes, ...counts } = run(`
      import { SeiPublisher } from "@inband/publisher";
      ${measure}
      const dropping = new SeiPublisher({ overflow: "drop-oldest", expiresAfterMs: 50 });
      const rejecting = new SeiPublisher({ expiresAfterMs: 50 });
      let refused = 0;
      for (let round = 0; round < 6; round++) {
        for (let n = 0; n < 10_000; n++) {
          const text = "x".repeat(200) + n;
          dropping.publish({ round, text }, { topic: "topic " + (n % 50), retain: n % 1000 === 0 });
          try {
            rejecting.publish(text);
          } catch (error) {
            if (error.code !== "queue-full") throw error;
            refused++;
          }
          if (n % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        }
        await settle(100);
      }
      const { published, queuedMessages } = dropping.stats();
      console.log(JSON.stringify({ heapBytes, refused, published, queuedMessages }));`);
    expectFlat(heapBytes);
    expect(counts).toMatchObject({ published: 60_000, queuedMessages: 0 });
    expect(counts.refused).toBeGreaterThan(30_000);
  });

  it.each([
    ["arrival", "{}"],
    ["sequence", '{ order: "sequence" }'],
  ])("keeps to its bounds in a flood of ids, sources, topics and fragments, by %s", (_, options) => {
    const { heapBytes, ...counts } = run(`
      import { SeiSubscriber } from "@inband/subscriber";
      import { createMessageId, encodeEnvelope, encodeValue, inband } from "@inband/wire";
      ${measure}
      const { uuid } = inband();
      const subscriber = new SeiSubscriber(${options});
      let received = 0;
      let sink;
      subscriber.on("message", () => received++);
      subscriber.attach({ name: "flood", open: (its) => ((sink = its), { [Symbol.dispose]() {} }) });
      const body = encodeValue("x".repeat(100));
      for (let round = 0; round < 6; round++) {
        for (let n = 0; n < 20_000; n++) {
          const header = { id: createMessageId(), source: (round * 20_000 + n) % 2 ** 32, sequence: n * 3, flags: n % 2, age: 0 };
          const topic = "topic " + round + " " + n;
          const whole = { ...header, topic, index: 0, count: 1, body };
          const part = { ...header, id: createMessageId(), topic, index: 1, count: 3, body: new Uint8Array(900) };
          const place = { stream: "" + (n % 3000), rtpTimestamp: n * 3000 };
          for (const envelope of [whole, part]) sink.userData({ uuid, payload: encodeEnvelope(envelope).payload }, place);
          if (n % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        }
        await settle(500);
      }
      console.log(JSON.stringify({ heapBytes, received }));
      subscriber.close();`);
    expectFlat(heapBytes);
    expect(counts.received).toBe(120_000);
  });
});
