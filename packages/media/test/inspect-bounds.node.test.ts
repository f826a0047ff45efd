import { writeFile } from "node:fs/promises";
import { buildSei, joinAnnexB } from "@inband/h264";
import { inspect } from "@inband/media/inspect";
import { folder } from "@inband/rig/test-folder";
import { describe, expect, it } from "vitest";
import { memoryOfInspect } from "./memory-of-inspect.ts";

const slice = Uint8Array.of(0x65, 0x88, 0x80, 1);

/** A RTP packet behind its length (RFC 4571 2). */
function framed(sequenceNumber: number, ssrc: number, marker: boolean, payload: Uint8Array): Uint8Array {
  const head = Buffer.alloc(14);
  head.writeUInt16BE(12 + payload.length, 0);
  head.set([0x80, 96 | (marker ? 0x80 : 0)], 2);
  head.writeUInt16BE(sequenceNumber, 4);
  head.writeUInt32BE(ssrc, 10);
  return Buffer.concat([head, payload]);
}

const megabyte = 1 << 20;

/** Files of nothing but the smallest things. */
const hostile: Readonly<Record<string, () => Uint8Array>> = {
  "SEI NAL units without a message": () => Buffer.alloc(8 * megabyte, Uint8Array.of(0, 0, 1, 6)),
  delimiters: () => Buffer.alloc(8 * megabyte, Uint8Array.of(0, 0, 1, 9)),
  slices: () => Buffer.alloc(8 * megabyte, Uint8Array.of(0, 0, 1, 0x41)),
  "slices behind lengths": () => Buffer.alloc(8 * megabyte, Uint8Array.of(0, 0, 0, 1, 0x41)),
  "RTP packets without payload": () => {
    const packets = Buffer.alloc(4_000_000 * 14, framed(0, 9, false, new Uint8Array()));
    for (let at = 0, index = 0; at < packets.length; at += 14, index += 1) {
      packets.writeUInt16BE(index & 0xffff, at + 4);
      packets.writeUInt32BE(index, at + 6);
    }
    return packets;
  },
};

describe("inspect, of very many small things", () => {
  it.for(
    Object.keys(hostile).flatMap((name) => [
      { name, lint: false },
      { name, lint: true },
    ]),
  )("takes no more than 300 MiB over the size of the file: $name, lint $lint", async ({ name, lint }, context) => {
    const path = await folder(context);
    const bytes = (hostile[name] as () => Uint8Array)();
    await writeFile(path("hostile"), bytes);
    expect(await memoryOfInspect(path("hostile"), lint)).toBeLessThan(300 * megabyte + bytes.length);
  });

  it("counts every message of a SEI NAL unit, however many there are", async (context) => {
    const path = await folder(context);
    const messages = Array.from({ length: 70_000 }, () => ({ payloadType: 4, payload: new Uint8Array() }));
    await writeFile(path("messages.h264"), joinAnnexB([buildSei(messages), slice]));
    expect((await inspect(path("messages.h264"))).sei).toEqual({ 4: 70_000 });
  });

  it("reads 129 000 NAL units in one access unit of RTP", async (context) => {
    const path = await folder(context);
    const one = Buffer.alloc(3 * 21_500 + 1);
    one[0] = 24;
    for (let at = 1; at < one.length; at += 3) one.set([0, 1, 0x61], at);
    const packets = Array.from({ length: 6 }, (_, index) => framed(index, 9, index === 5, one));
    await writeFile(path("many.rtp"), Buffer.concat(packets));
    const report = await inspect(path("many.rtp"));
    expect(report.nalUnits).toEqual({ 1: 129_000 });
  });

  it("counts streams beside the one that it reads, and names the first", async (context) => {
    const path = await folder(context);
    const good = Array.from({ length: 300 }, (_, index) => framed(index, 9, true, slice));
    const others = Array.from({ length: 1000 }, (_, index) => framed(0, 100 + index, true, Uint8Array.of(1)));
    await writeFile(path("streams.rtp"), Buffer.concat([...good, ...others]));
    const { nalUnits, findings } = await inspect(path("streams.rtp"));
    expect(nalUnits).toEqual({ 5: 300 });
    const messages = findings.filter(({ rule }) => rule === "other-stream").map(({ message }) => message);
    expect(messages).toHaveLength(65);
    expect(messages.at(-1)).toBe("936 packet(s) of still other streams were left out");
  });

  it.for(["byte stream", "RTP"])("stops linting when it is told to: %s", async (kind, context) => {
    const path = await folder(context);
    const count = kind === "RTP" ? 200_000 : 1_000_000;
    const bytes =
      kind === "RTP"
        ? Buffer.concat(Array.from({ length: count }, (_, index) => framed(index & 0xffff, 9, true, slice)))
        : Buffer.alloc(4 * count, Uint8Array.of(0, 0, 1, 6));
    await writeFile(path("long"), bytes);
    const ending = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const { findings } = await inspect(path("long"), {
      lint: true,
      signal: ending.signal,
      opened: (reading) => {
        timer = setInterval(() => {
          if (reading.readBytes === reading.sizeBytes) ending.abort();
        }, 1);
      },
    });
    clearInterval(timer);
    expect(findings.map(({ rule }) => rule)).toContain("stopped");
  });
});
