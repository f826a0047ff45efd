import { AccessUnitSplitter, joinAnnexB, nalUnitType, parseSps, splitAccessUnits, splitAnnexB } from "@inband/h264";
import { anyNalUnit, bytes, chunks } from "@inband/rig/arbitraries";
import { nalOfBits, u, ue } from "@inband/rig/bits";
import { hex } from "@inband/rig/hex";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mbaff, slices } from "./vectors.ts";

const sps = hex("67 42 e0 0a 96 52 85 89 c8");
const pps = hex("68 ce 38 80");
const aud = hex("09 f0");
const sei = hex("06 01 01 aa 80");
const prefix = hex("6e 40 80 07");
const endOfSequence = hex("0a");

interface Slice {
  firstMb?: number;
  type?: 1 | 2 | 5;
  nalRefIdc?: number;
  frameNum?: number;
  idrPicId?: number;
  pocLsb?: number;
}

/** The beginning of a slice for the parameter sets above: frame_num and pic_order_cnt_lsb have 8 bits each. */
function slice({
  firstMb = 0,
  type = 1,
  nalRefIdc = 2,
  frameNum = 0,
  idrPicId = 0,
  pocLsb = 0,
}: Slice = {}): Uint8Array {
  const id = type === 5 ? ue(idrPicId) : "";
  const bits = `${ue(firstMb)}${ue(7)}${ue(0)}${u(frameNum, 8)}${id}${u(pocLsb, 8)}`;
  return nalOfBits((nalRefIdc << 5) | type, `${bits}111111111`);
}

function typesOf(...nals: Uint8Array[]): number[][] {
  return [...splitAccessUnits(joinAnnexB(nals))].map(({ nalUnits }) => nalUnits.map(nalUnitType));
}

describe("where an access unit begins (rules 10 and 11, 7.4.1.2.3, 7.4.1.2.4)", () => {
  it.each([
    ["three slices a picture and B-frames", slices],
    ["frames with field macroblocks", mbaff],
  ])("counts as many as ffprobe for %s", (_, { bytes, accessUnits }) => {
    const found = [...splitAccessUnits(bytes)];
    expect(found.length).toBe(accessUnits);
    expect(found.flatMap(({ nalUnits }) => nalUnits)).toEqual(splitAnnexB(bytes));
    expect(found.map(({ isKeyFrame }) => isKeyFrame)).toEqual(
      found.map(({ nalUnits }) => nalUnits.some((nal) => nalUnitType(nal) === 5)),
    );
  });

  it.each([
    ["an access unit delimiter", aud],
    ["a sequence parameter set", sps],
    ["a picture parameter set", pps],
    ["SEI", sei],
    ["a reserved type 16 to 18", hex("70 01")],
  ])("begins one at %s after a slice (7.4.1.2.3)", (_, nal) => {
    const later = slice({ frameNum: 1 });
    expect(typesOf(sps, pps, slice({ type: 5 }), nal, later)).toEqual([
      [7, 8, 5],
      [nalUnitType(nal), 1],
    ]);
  });

  it.each([
    ["frame_num", { frameNum: 1 }],
    ["nal_ref_idc, one of them 0", { nalRefIdc: 0 }],
    ["pic_order_cnt_lsb", { pocLsb: 2 }],
    ["IdrPicFlag", { type: 5 }],
  ] satisfies [string, Slice][])(
    "begins one at a slice with another %s, also when it does not begin with macroblock 0",
    (_, other: Slice) => {
      expect(typesOf(sps, pps, slice(), slice({ firstMb: 40, ...other }))).toEqual([[7, 8, 1], [other.type ?? 1]]);
    },
  );

  it("begins one at a slice with another idr_pic_id", () => {
    expect(typesOf(sps, pps, slice({ type: 5 }), slice({ type: 5, idrPicId: 1 }))).toEqual([[7, 8, 5], [5]]);
  });

  it("keeps slices in any order together, and data partitions with their picture (rule 10)", () => {
    const slicesInAnyOrder = [slice({ firstMb: 50 }), slice({ firstMb: 0 }), slice({ firstMb: 20, nalRefIdc: 3 })];
    expect(typesOf(sps, pps, ...slicesInAnyOrder)).toEqual([[7, 8, 1, 1, 1]]);
    const partitions = [slice({ type: 2 }), hex("43 88"), hex("44 88"), slice({ type: 2, frameNum: 1 })];
    expect(typesOf(sps, pps, ...partitions)).toEqual([[7, 8, 2, 3, 4], [2]]);
    expect(typesOf(sps, pps, aud, hex("43 88"), hex("44 88"), aud, slice())).toEqual([
      [7, 8, 9, 3, 4],
      [9, 1],
    ]);
  });

  it("takes each field for an access unit of its own (rule 11)", () => {
    const [fieldSps, fieldPps] = splitAnnexB(mbaff.bytes) as [Uint8Array, Uint8Array];
    const { frameNumBits, picOrderCntType, picOrderCntLsbBits, frameMbsOnly } = parseSps(fieldSps);
    expect([picOrderCntType, frameMbsOnly]).toEqual([0, false]);
    const field = (frameNum: number, isBottom: boolean): Uint8Array => {
      const order = u(2 * frameNum, picOrderCntLsbBits);
      return nalOfBits(0x41, `${ue(0)}${ue(5)}${ue(0)}${u(frameNum, frameNumBits)}1${isBottom ? 1 : 0}${order}`);
    };
    const fields = [field(0, false), field(0, true), field(1, false), field(1, true)];
    expect(typesOf(fieldSps, fieldPps, ...fields)).toEqual([[7, 8, 1], [1], [1], [1]]);
  });

  it("keeps redundant pictures with their primary picture (rule 10)", () => {
    // PPS 0 for SPS 0, CAVLC, one slice group, redundant_pic_cnt_present_flag 1.
    const redundantPps = nalOfBits(0x68, `${ue(0)}${ue(0)}00${ue(0)}${ue(0)}${ue(0)}000${ue(0)}${ue(0)}${ue(0)}0011`);
    const picture = (frameNum: number, redundantPicCnt: number): Uint8Array =>
      nalOfBits(0x41, `${ue(0)}${ue(7)}${ue(0)}${u(frameNum, 8)}${u(0, 8)}${ue(redundantPicCnt)}`);
    const pictures = [picture(1, 0), picture(0, 1), picture(1, 1), picture(2, 0)];
    expect(typesOf(sps, redundantPps, ...pictures)).toEqual([[7, 8, 1, 1, 1], [1]]);
  });

  it("compares delta_pic_order_cnt where the SPS has pic_order_cnt_type 1 (rule 10)", () => {
    const typeOne = hex("67 42 e0 0d 88 4d 10 20 16 27 20");
    const { frameNumBits, picOrderCntType, deltaPicOrderAlwaysZero } = parseSps(typeOne);
    expect([picOrderCntType, deltaPicOrderAlwaysZero]).toEqual([1, false]);
    const picture = (delta: number, firstMb = 0): Uint8Array =>
      nalOfBits(0x41, `${ue(firstMb)}${ue(7)}${ue(0)}${u(0, frameNumBits)}${ue(delta)}`);
    expect(typesOf(typeOne, pps, picture(1), picture(1, 4), picture(2))).toEqual([[7, 8, 1, 1], [1]]);
  });

  it("gives a prefix NAL unit to the slice behind it (rule 4)", () => {
    expect(typesOf(sps, pps, prefix, slice(), prefix, slice({ firstMb: 20 }), prefix, slice({ frameNum: 1 }))).toEqual([
      [7, 8, 14, 1, 14, 1],
      [14, 1],
    ]);
  });

  it("ends one with the end of a sequence, and keeps filler data and slice extensions in it (rule 9)", () => {
    expect(typesOf(sps, pps, slice(), hex("74 80 80 01"), hex("0c ff 80"), endOfSequence, slice())).toEqual([
      [7, 8, 1, 20, 12, 10],
      [1],
    ]);
    expect(typesOf(sps, pps, slice(), endOfSequence, hex("0b"), slice())).toEqual([[7, 8, 1, 10, 11], [1]]);
    expect(typesOf(sps, pps, slice(), endOfSequence, hex("0c ff 80"), slice())).toEqual([[7, 8, 1, 10, 12], [1]]);
    expect(typesOf(sps, pps, slice(), hex("0b"), hex("0c ff 80"), slice())).toEqual([
      [7, 8, 1, 11],
      [12, 1],
    ]);
  });

  it("goes by macroblock 0 while parameter sets are missing", () => {
    expect(typesOf(slice(), slice({ firstMb: 20 }), slice(), slice({ firstMb: 20 }))).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  it("gives out what stands at the end without a slice", () => {
    expect(typesOf(sps, pps, slice(), sei)).toEqual([[7, 8, 1], [6]]);
  });

  it("finds the same wherever the chunks end, from iterables of both kinds", async () => {
    const whole = [...splitAccessUnits(slices.bytes)];
    for (const size of [1, 2, 3, 7, 100]) {
      expect([...splitAccessUnits(chunks(slices.bytes, [size]))]).toEqual(whole);
    }
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield* chunks(slices.bytes, [13]);
    };
    const found = [];
    for await (const accessUnit of splitAccessUnits(source())) found.push(accessUnit);
    expect(found).toEqual(whole);
  });

  it("loses no NAL unit and never throws, whatever they are", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyNalUnit, fc.constantFrom(sps, pps, aud)), { maxLength: 30 }), (nals) => {
        const found = [...splitAccessUnits(joinAnnexB(nals))];
        expect(found.flatMap(({ nalUnits }) => nalUnits)).toEqual(nals);
        for (const { nalUnits } of found) expect(nalUnits.length).toBeGreaterThan(0);
      }),
    );
    fc.assert(
      fc.property(bytes(200), (stream) => {
        expect([...splitAccessUnits(stream)].flatMap(({ nalUnits }) => nalUnits)).toEqual(splitAnnexB(stream));
      }),
    );
  });

  it("skips and counts an access unit above the limit, and goes on", () => {
    const splitter = new AccessUnitSplitter({ maxAccessUnitBytes: 1000 });
    const nals = [sps, pps, ...Array.from({ length: 50 }, () => sei), slice(), aud, slice({ frameNum: 1 })];
    const found = nals.map((nal) => splitter.push(nal)).filter((accessUnit) => accessUnit !== undefined);
    expect(found).toEqual([]);
    expect(splitter.flush()?.nalUnits).toEqual([aud, slice({ frameNum: 1 })]);
    expect(splitter.skippedAccessUnits).toBe(1);
  });
});
