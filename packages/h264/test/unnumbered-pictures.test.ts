import { AccessUnitSplitter, insertSei, lint, nalUnitType } from "@inband/h264";
import { nalOfBits, ue } from "@inband/rig/bits";
import { describe, expect, it } from "vitest";

/** Baseline, 64x48: frame_num of 4 bits, pic_order_cnt_type 2. */
const sps = nalOfBits(
  0x67,
  `${"01000010"}${"0".repeat(8)}${"00001010"}${ue(0)}${ue(0)}${ue(2)}${ue(1)}0${ue(3)}${ue(2)}1100${"1"}`,
);
/** redundant_pic_cnt_present_flag as given. */
const pps = (hasRedundant: number): Uint8Array =>
  nalOfBits(0x68, `${ue(0)}${ue(0)}00${ue(0)}${ue(0)}${ue(0)}000${ue(0)}${ue(0)}${ue(0)}00${hasRedundant}1`);
/** A P slice with frame_num 1. */
const slice = (firstMb: number, redundantPicCnt?: number): Uint8Array =>
  nalOfBits(0x41, `${ue(firstMb)}${ue(0)}${ue(0)}0001${redundantPicCnt === undefined ? "" : ue(redundantPicCnt)}1`);

function split(nals: readonly Uint8Array[]): number[] {
  const splitter = new AccessUnitSplitter();
  const units = nals.map((nal) => splitter.push(nal));
  return [...units, splitter.flush()].flatMap((unit) => (unit === undefined ? [] : [unit.nalUnits.length]));
}

describe("pictures that an encoder does not number", () => {
  it("begin where a macroblock begins a slice for the second time (H.264 7.4.3)", () => {
    expect(split([sps, pps(0), slice(0), slice(0), slice(0)])).toEqual([3, 1, 1]);
    expect(split([sps, pps(0), slice(0), slice(4), slice(0), slice(4), slice(8)])).toEqual([4, 3]);
  });

  it("are not seen in slices in any order, nor in redundant pictures", () => {
    expect(split([sps, pps(0), slice(8), slice(0), slice(4)])).toEqual([5]);
    expect(split([sps, pps(1), slice(0, 0), slice(4, 0), slice(0, 1), slice(4, 1), slice(0, 0)])).toEqual([6, 1]);
  });

  it("are named by lint", () => {
    const rules = (...units: Uint8Array[][]): string[] =>
      lint(units.map((nalUnits) => ({ nalUnits })))
        .map(({ rule }) => rule)
        .filter((rule) => rule.includes("picture"));
    expect(rules([sps, pps(0), slice(0)], [slice(0)])).toEqual(["unnumbered-picture"]);
    expect(rules([sps, pps(0), slice(0), slice(4)])).toEqual([]);
  });
});

describe("what an access unit without an end takes", () => {
  it("is bounded by its chunks, not by its bytes alone", () => {
    const splitter = new AccessUnitSplitter({ maxAccessUnitBytes: 1_000_000 });
    for (let index = 0; index < 200; index += 1) {
      const chunk = new Uint8Array(65_536);
      chunk.set([6, 1, 1, index, 0x80]);
      splitter.push(chunk.subarray(0, 5));
    }
    const nalUnits = splitter.flush()?.nalUnits ?? [];
    const held = new Set(nalUnits.map(({ buffer }) => buffer));
    expect(nalUnits.map((nal) => [nalUnitType(nal), nal[3]])).toEqual(
      Array.from({ length: 200 }, (_, index) => [6, index]),
    );
    expect([...held].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(2_000_000);
  });

  it("may be any number of NAL units", () => {
    const nals = new Array<Uint8Array>(300_000).fill(Uint8Array.of(6, 1, 0, 0x80));
    const unit = { kind: "video", codec: "h264", nalUnits: [slice(0)], timestamp: 0, isKeyFrame: false } as const;
    expect(insertSei(unit, nals).nalUnits).toHaveLength(300_001);
  });
});
