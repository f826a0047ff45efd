import { AccessUnitSplitter, AnnexBSplitter } from "@inband/h264";
import { H264Depayloader } from "@inband/h264/rtp";
import { collectGarbage } from "@inband/rig/garbage";
import { describe, expect, it } from "vitest";
import { findQuadratic } from "./cost.ts";
import { saveFailure } from "./failures.ts";
import { Fuzzer } from "./fuzzer.ts";
import { Seeds } from "./seeds.ts";
import { targets } from "./targets/index.ts";

const seed = 1;
const executions = 600;
const megabyte = 1 << 20;

describe(`${executions} inputs made from seed ${seed}`, () => {
  const seeds = new Seeds("");

  it.each(targets.map((target) => [target.name, target] as const))("hold what %s promises", (_, target) => {
    const failures = new Fuzzer(target, seed, seeds).run(executions);
    expect(failures.map((failure) => `${saveFailure(failure)}: ${failure.error}`)).toEqual([]);
  });
});

describe("hostile bytes", () => {
  it("never cost more than linear time: less than 3 times as much for each doubling from 8 to 128 KiB", () => {
    expect(findQuadratic(8192)).toEqual([]);
  });

  it.each([
    ["zeros", [0], 65_536],
    ["ff", [0xff], 65_536],
    ["01 in chunks of 7 bytes", [1], 7],
  ] as const)("take no more memory than one NAL unit may have: 100 MB of %s", (_, pattern, chunkBytes) => {
    const splitter = new AnnexBSplitter({ maxNalUnitBytes: megabyte });
    splitter.push(Uint8Array.of(0, 0, 1));
    const before = heldBytes();
    // Small chunks cost their number: as many as reach the limit are enough.
    const chunks = Math.floor((chunkBytes < 1000 ? 0.99 : 100) * (megabyte / chunkBytes));
    let nals = 0;
    const chunk = new Uint8Array(chunkBytes).fill(pattern[0]);
    for (let pushed = 0; pushed < chunks; pushed += 1) {
      nals += splitter.push(chunkBytes < 1000 ? chunk.slice() : chunk).length;
    }
    expect(heldBytes() - before).toBeLessThan(4 * megabyte);
    nals += splitter.push(Uint8Array.of(0, 0, 1)).length;
    expect(nals).toBe(chunkBytes < 1000 ? 1 : 0);
    // Trailing zeros belong to no NAL unit.
    expect(splitter.skippedNalUnits).toBe(pattern[0] === 0xff ? 1 : 0);
  });

  it("take no more memory than one access unit may have: fragments and tiny NAL units for ever", () => {
    const depayloader = new H264Depayloader({ maxAccessUnitBytes: megabyte });
    const accessUnits = new AccessUnitSplitter({ maxAccessUnitBytes: megabyte });
    const before = heldBytes();
    for (let sequenceNumber = 0; sequenceNumber < 60_000; sequenceNumber += 1) {
      const unit = sequenceNumber < 30_000 ? [0x7c, sequenceNumber === 0 ? 0x85 : 5] : [24, 0, 1, 0x41, 0, 1, 0x41];
      depayloader.push({ payload: Uint8Array.from(unit), sequenceNumber, rtpTimestamp: 0, marker: false });
      accessUnits.push(Uint8Array.of(12, 0x80));
    }
    expect(heldBytes() - before).toBeLessThan(12 * megabyte);
    expect(depayloader.stats().tooLarge).toBeGreaterThan(0);
    accessUnits.push(Uint8Array.of(0x65, 0x88, 0x80));
    accessUnits.flush();
    expect(accessUnits.skippedAccessUnits).toBe(1);
  });
});

/** What is reachable, after a collection. */
function heldBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
