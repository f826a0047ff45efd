import { expect, it, onTestFinished } from "vitest";
import { OrderedEncoder } from "../../src/encoder/ordered-encoder.ts";

it("a native encoder that cannot be freed does not end the process when its encoder is closed", async () => {
  const rejections: unknown[] = [];
  const hear = (reason: unknown): void => void rejections.push(reason);
  process.on("unhandledRejection", hear);
  onTestFinished(() => void process.off("unhandledRejection", hear));
  const info = {
    ...({ requested: "libx264", used: "libx264", tried: [], hardware: false, backend: "node-av" } as const),
    ...{ width: 2, height: 2, framerate: 30 },
  };
  let closed = 0;
  const native = {
    encode: async () => undefined,
    setBitrate() {},
    drain: async () => [],
    close() {
      closed += 1;
      throw new Error("the driver is gone");
    },
  };
  const encoder = new OrderedEncoder(info, native, 100_000, async () => native);
  encoder.close();
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  expect(closed).toBe(1);
  expect(rejections).toEqual([]);
});
