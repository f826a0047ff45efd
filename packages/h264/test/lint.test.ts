import {
  AvccLinter,
  buildSei,
  type Finding,
  FindingList,
  joinAnnexB,
  joinAvcc,
  lint,
  lintAnnexB,
  lintAvcc,
  lintRtp,
  parseSps,
  splitAccessUnits,
  splitAnnexB,
} from "@inband/h264";
import { H264Payloader, type H264RtpPacket } from "@inband/h264/rtp";
import { anyNalUnit, bytes } from "@inband/rig/arbitraries";
import { nalOfBits, ue } from "@inband/rig/bits";
import { hex } from "@inband/rig/hex";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mbaff, slices } from "./vectors.ts";

const accessUnits = [...splitAccessUnits(slices.bytes)].map(({ nalUnits }) => nalUnits);
const [first, second] = accessUnits as [Uint8Array[], Uint8Array[]];
const [aud, sps, pps, sei, ...firstSlices] = first as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];

const order = "H.264 7.4.1.2.3";

function rules(findings: readonly Finding[]): string[] {
  return findings.map(({ rule, clause }) => `${rule}, ${clause}`);
}

function lintOne(...nalUnits: Uint8Array[]): string[] {
  return rules(lint([{ nalUnits }]));
}

function packets(units: readonly (readonly Uint8Array[])[]): H264RtpPacket[] {
  const payloader = new H264Payloader({ maxPayloadBytes: 100 });
  return units
    .flatMap((nals, index) => payloader.payloads(nals).map((packet) => ({ ...packet, rtpTimestamp: 3600 * index })))
    .map((packet, index) => ({ ...packet, sequenceNumber: (65_530 + index) & 0xffff }));
}

describe("lint", () => {
  it.each([
    ["three slices a picture", slices],
    ["field macroblocks", mbaff],
  ])("finds nothing wrong with what x264 makes: %s", (_, { bytes }) => {
    expect(lintAnnexB(bytes)).toEqual([]);
    const units = [...splitAccessUnits(bytes)];
    expect(lint(units)).toEqual([]);
    expect(lintRtp(packets(units.map(({ nalUnits }) => [...nalUnits])))).toEqual([]);
    const sample = joinAvcc(units[0]?.nalUnits ?? []);
    expect(lintAvcc(sample, 4)).toEqual([]);
  });

  it.each<[string, Uint8Array[], string]>([
    ["forbidden_zero_bit (rule 3)", [hex("89 10"), ...first.slice(1)], "forbidden-zero-bit, H.264 7.4.1"],
    ["nal_ref_idc of SEI (rule 3)", [aud, sps, pps, hex("66 01 01 aa 80"), ...firstSlices], "nal-ref-idc, H.264 7.4.1"],
    [
      "nal_ref_idc of an SPS (rule 3)",
      [aud, Uint8Array.from([7, ...sps.subarray(1)]), pps, ...firstSlices],
      "nal-ref-idc, H.264 7.4.1",
    ],
    [
      "bytes without emulation prevention (rule 1)",
      [aud, sps, pps, hex("06 e5 03 00 00 01 80"), ...firstSlices],
      "emulation-prevention, H.264 7.4.1",
    ],
    ["a final 00 (rule 13)", [aud, Uint8Array.from([...sps, 0]), ...first.slice(2)], "trailing-zero, H.264 7.4.1"],
    [
      "a truncated SEI message (rule 6)",
      [aud, sps, pps, hex("06 01 09 aa 80"), ...firstSlices],
      "sei-size, H.264 7.3.2.3.1",
    ],
    [
      "missing trailing bits (rule 6)",
      [aud, sps, pps, hex("06 01 01 aa"), ...firstSlices],
      "sei-trailing-bits, H.264 7.3.2.11",
    ],
    [
      "odd trailing bits (rule 6)",
      [aud, sps, pps, hex("06 01 01 aa 40"), ...firstSlices],
      "sei-trailing-bits, H.264 7.3.2.11",
    ],
    ["SEI without messages", [aud, sps, pps, hex("06 80"), ...firstSlices], "sei-empty, H.264 7.3.2.3"],
    [
      "a user_data_unregistered shorter than its UUID (rule 6)",
      [aud, sps, pps, hex("06 05 01 aa 80"), ...firstSlices],
      "user-data-uuid, H.264 D.1.7",
    ],
    [
      "buffering_period behind other SEI (rule 7)",
      [aud, sps, pps, sei, hex("06 00 01 aa 80"), ...firstSlices],
      "buffering-period-first, H.264 7.4.1.2.3",
    ],
    ["SEI behind the slices (rule 9)", [aud, sps, pps, ...firstSlices, sei], "sei-after-vcl, H.264 7.4.1.2.3"],
    [
      "a delimiter that is not first (rule 9)",
      [sps, aud, pps, sei, ...firstSlices],
      "delimiter-first, H.264 7.4.1.2.3",
    ],
    [
      "a parameter set behind the slices (rule 9)",
      [aud, sps, pps, ...firstSlices, pps],
      "set-after-vcl, H.264 7.4.1.2.3",
    ],
    [
      "a prefix NAL unit away from its slice (rule 4)",
      [aud, sps, pps, hex("6e 40 80 07"), sei, ...firstSlices],
      "prefix-apart, H.264 G.7.4.1.2.3",
    ],
    ["no VCL NAL unit (rule 12)", [aud, sps, pps, sei], "no-vcl, H.264 7.4.1.2.3"],
    ["two pictures in one access unit (rule 10)", [...first, ...second.slice(1)], "several-pictures, H.264 7.4.1.2.4"],
    ["an unspecified type", [aud, sps, pps, ...firstSlices, hex("18 01")], "nal-unit-type, H.264 Table 7-1"],
    ["a delimiter without trailing bits", [hex("09"), ...first.slice(1)], "delimiter, H.264 7.3.2.4"],
    ["a delimiter with more in it", [hex("09 10 22"), ...first.slice(1)], "delimiter, H.264 7.3.2.4"],
    [
      "filler data before the slices (rule 9)",
      [aud, sps, pps, hex("0c ff 80"), ...firstSlices],
      `before-vcl, ${order}`,
    ],
    [
      "a slice extension before the slices (rule 9)",
      [aud, sps, pps, hex("74 80 80 01 80"), ...firstSlices],
      `before-vcl, ${order}`,
    ],
    [
      "a slice behind an auxiliary picture (rule 9)",
      [...first, hex("13 88 84"), firstSlices[0]],
      `after-end, ${order}`,
    ],
    ["an SPS extension away from its SPS", [aud, hex("6d 80 80"), sps, pps, ...firstSlices], `sps-extension, ${order}`],
    ["what follows the end of the stream", [...first, hex("0b"), hex("0b")], `after-end, ${order}`],
    ["a broken SPS", [aud, sps, hex("67 42"), pps, ...firstSlices], "sps, H.264 7.3.2.1.1"],
    [
      "a slice behind the end of a sequence",
      [aud, sps, pps, ...firstSlices, hex("0a"), firstSlices[0]],
      "after-end, H.264 7.4.1.2.3",
    ],
  ])("names the clause for %s", (_, nalUnits, expected) => {
    const found = lintOne(...nalUnits);
    expect(new Set(found)).toEqual(new Set([expected]));
  });

  it("says which parameter set a slice is missing, and where the finding is", () => {
    const [finding] = lint([{ nalUnits: second }]);
    expect(finding).toMatchObject({ rule: "missing-set", accessUnit: 0, nalUnit: 1, severity: "error" });
    expect(finding?.message).toBe("A slice refers to PPS 0, which has not come");
    expect(rules(lint([{ nalUnits: [pps, ...firstSlices.slice(0, 1)] }]))).toEqual(["missing-set, H.264 7.4.1.2.1"]);
  });

  it("finds nothing wrong with filler data between the slices and behind the end of a sequence", () => {
    const filler = hex("0c ff 80");
    expect(lintOne(...first.slice(0, 5), filler, ...first.slice(5), filler, hex("0a"), filler, hex("0b"))).toEqual([]);
  });

  it("knows the order of primary and redundant pictures (rule 9)", () => {
    // Redundant pictures need a PPS with redundant_pic_cnt_present_flag; the SPS has frame_num of 8 bits.
    const parameterSets = [hex("67 42 e0 0a 96 52 85 89 c8"), nalOfBits(0x68, "11001110001110011")];
    const slice = (redundantPicCnt: number): Uint8Array =>
      nalOfBits(0x65, `${ue(0)}${ue(7)}${ue(0)}${"0".repeat(8)}${ue(0)}${"0".repeat(8)}${ue(redundantPicCnt)}`);
    expect(lintOne(...parameterSets, slice(0), slice(0), slice(1), slice(2))).toEqual([]);
    for (const counts of [[1, 0], [0, 2, 1], [1]]) {
      expect(new Set(lintOne(...parameterSets, ...counts.map(slice)))).toEqual(new Set([`redundant-order, ${order}`]));
    }
  });

  it("finds nothing wrong with SEI that was inserted by the rules", () => {
    const own = buildSei([{ payloadType: 5, payload: new Uint8Array(20) }]);
    expect(lintOne(aud, sps, pps, sei, own, ...firstSlices)).toEqual([]);
  });
});

describe("lintAnnexB (rule 13)", () => {
  it("keeps the first findings of a rule and says how many more there are", () => {
    const bytes = new Uint8Array(4 * 5000).map((_, index) => [0, 0, 1, 6][index % 4] as number);
    const empty = lintAnnexB(bytes).filter(({ rule }) => rule === "sei-empty");
    expect(empty).toHaveLength(1001);
    expect(empty.at(-1)?.message).toBe("4000 more findings of this rule are left out");
  });

  it("names what is wrong with start codes, and where", () => {
    const noZeroByte = Uint8Array.from([...joinAnnexB([aud]), 0, 0, 1, ...sps, ...joinAnnexB(first.slice(2))]);
    expect(lintAnnexB(noZeroByte)).toMatchObject([{ rule: "zero-byte", clause: "H.264 B.1.2", offset: 9 }]);
    expect(rules(lintAnnexB(joinAnnexB(first).subarray(1)))).toEqual(["zero-byte, H.264 B.1.2"]);
    expect(rules(lintAnnexB(Uint8Array.from([7, ...joinAnnexB(first)])))).toEqual(["leading-bytes, H.264 B.1"]);
    expect(rules(lintAnnexB(Uint8Array.from([...joinAnnexB(first), 0, 0, 1])))).toEqual(["empty-nal-unit, H.264 B.1"]);
    expect(rules(lintAnnexB(hex("41 9a")))).toEqual(["no-start-code, H.264 B.1"]);
  });

  it("says where a NAL unit lies", () => {
    const stream = joinAnnexB([aud, sps, pps, hex("06 01 09 aa 80"), ...firstSlices]);
    const offset = 4 + aud.length + 4 + sps.length + 4 + pps.length + 4;
    expect(lintAnnexB(stream)).toMatchObject([{ rule: "sei-size", accessUnit: 0, nalUnit: 3, offset }]);
    expect(stream.subarray(offset, offset + 2)).toEqual(hex("06 01"));
  });
});

describe("lintAvcc", () => {
  it("names what is wrong with lengths, and where", () => {
    const sample = joinAvcc(first, 2);
    expect(lintAvcc(sample, 2)).toEqual([]);
    expect(lintAvcc(Uint8Array.from([...sample, 0]), 2)).toMatchObject([{ rule: "length", offset: sample.length }]);
    expect(lintAvcc(Uint8Array.from([0, 0, ...sample]), 2)).toMatchObject([{ rule: "empty-nal-unit", offset: 0 }]);
    expect(() => lintAvcc(sample, 3 as 4)).toThrow(RangeError);
  });

  it("takes parameter sets from the AVC configuration", () => {
    const sample = joinAvcc([aud, ...firstSlices]);
    expect(lintAvcc(sample, 4).map(({ rule }) => rule)).toContain("missing-set");
    expect(lintAvcc(sample, 4, [sps, pps])).toEqual([]);
  });

  it("finds Annex B inside", () => {
    expect(lintAvcc(joinAvcc([joinAnnexB(first)]), 4).map(({ rule }) => rule)).toContain("start-code-inside");
  });
});

describe("AvccLinter", () => {
  /** SEI with a nal_ref_idc. */
  const reference = hex("66 01 00 80");

  it("lints samples one after another under configurations that change, and says in which one a rule is broken", () => {
    const linter = new AvccLinter();
    linter.configure(4, [sps, pps]);
    expect(linter.push(joinAvcc([aud, ...firstSlices]))).toEqual([]);
    linter.configure(2, []);
    expect(linter.push(Uint8Array.from([...joinAvcc(second, 2), 0]))).toMatchObject([{ rule: "length", sample: 1 }]);
    expect(linter.push(joinAvcc([reference, ...firstSlices], 2))).toMatchObject([
      { rule: "nal-ref-idc", accessUnit: 2, nalUnit: 0, offset: 2, sample: 2 },
    ]);
  });

  it("reads length fields of 3 bytes, which are reserved", () => {
    const linter = new AvccLinter();
    linter.configure(3, [sps, pps]);
    const sample = (nals: readonly Uint8Array[]): number[] =>
      nals.flatMap((nal) => [0, nal.length >> 8, nal.length & 255, ...nal]);
    expect(linter.push(Uint8Array.from(sample([aud, ...firstSlices])))).toEqual([]);
    expect(linter.push(Uint8Array.from([...sample(second), 0, 1]))).toMatchObject([{ rule: "length", sample: 1 }]);
  });
});

describe("FindingList", () => {
  const finding = (rule: string, offset: number): Finding => ({ rule, severity: "error", message: "broken", offset });

  it("keeps the first findings of each rule, and says in its own words how many more there are", () => {
    const list = new FindingList({ mostOfRule: 2, omitted: (count) => `and ${count} more` });
    for (let offset = 0; offset < 5; offset += 1) list.push(finding("a", offset));
    list.push(finding("b", 9));
    expect(list.all()).toEqual([
      ...[finding("a", 0), finding("a", 1), finding("b", 9)],
      { rule: "a", severity: "error", message: "and 3 more" },
    ]);
  });

  it("gives what is new once, and no more of a rule for that", () => {
    const list = new FindingList({ mostOfRule: 2 });
    list.push(finding("a", 0));
    expect(list.take()).toEqual([finding("a", 0)]);
    for (let offset = 1; offset < 5; offset += 1) list.push(finding("a", offset));
    expect(list.take()).toEqual([finding("a", 1)]);
    expect(list.take()).toEqual([]);
  });
});

describe("lintRtp (rules 15 to 18)", () => {
  const good = packets(accessUnits);
  const named = (changed: H264RtpPacket[]): string[] => [...new Set(lintRtp(changed).map(({ rule }) => rule))];
  const change = (at: number, by: Partial<H264RtpPacket>): H264RtpPacket[] =>
    good.map((packet, index) => (index === at ? { ...packet, ...by } : packet));
  const lastOfFirst = good.findIndex(({ marker }) => marker);

  it("knows losses, duplicates and reordering", () => {
    expect(lintRtp(good.filter((_, index) => index !== 2))[0]).toMatchObject({
      rule: "loss",
      severity: "warning",
      clause: "RFC 3550 5.1",
      packet: 2,
    });
    expect(named([...good, good.at(-1) as H264RtpPacket])).toContain("duplicate");
    expect(named([...good, good.at(-3) as H264RtpPacket])).toContain("reordered");
  });

  it("finds nothing else wrong where packets are missing, late or twice", () => {
    for (let at = 0; at < good.length; at += 1) {
      const without = good.filter((_, index) => index !== at);
      const late = [...without.slice(0, at + 1), good[at] as H264RtpPacket, ...without.slice(at + 1)];
      const twice = [...good.slice(0, at + 1), ...good.slice(Math.max(0, at - 1))];
      const others = [without, late, twice]
        .flatMap((changed) => lintRtp(changed))
        .filter(({ rule }) => !["loss", "reordered", "duplicate", "missing-set"].includes(rule));
      expect(others).toEqual([]);
    }
    const [loss, ...rest] = lintRtp([...good.slice(0, 3), good[4], good[3], ...good.slice(5)] as H264RtpPacket[]);
    expect([loss?.rule, ...rest.map(({ rule }) => rule)]).toEqual(["loss", "reordered"]);
  });

  it("takes two fields with one timestamp for two access units, each with its marker (rule 11)", () => {
    const [fieldSps, fieldPps] = splitAnnexB(mbaff.bytes) as [Uint8Array, Uint8Array];
    const { frameNumBits, picOrderCntLsbBits } = parseSps(fieldSps);
    const field = (isBottom: boolean): Uint8Array => {
      const numbers = "0".repeat(frameNumBits);
      return nalOfBits(0x41, `${ue(0)}${ue(5)}${ue(0)}${numbers}1${isBottom ? 1 : 0}${"0".repeat(picOrderCntLsbBits)}`);
    };
    const fields = packets([[fieldSps, fieldPps, field(false)], [field(true)]]);
    expect(lintRtp(fields.map((packet) => ({ ...packet, rtpTimestamp: 0 })))).toEqual([]);
  });

  it("knows markers too early and too late (rule 15)", () => {
    expect(named(change(0, { marker: true }))).toContain("marker-early");
    expect(named(change(lastOfFirst, { marker: false }))).toEqual(["marker-missing"]);
  });

  it("knows broken payloads and fragments (rules 16 to 18)", () => {
    expect(named(change(0, { payload: hex("19 00 00 00") }))).toContain("payload-unsupported");
    expect(named(change(0, { payload: hex("18 00 09 06 05") }))).toContain("payload-truncated");
    expect(named(change(0, { payload: hex("7c 05 01") }))).toContain("fragment-orphan");
    expect(named(change(0, { payload: hex("7c 85 01") }))).toContain("fragment-unfinished");
    expect(
      lintRtp([{ payload: hex("18 00 02 67 42 00 02 68 ce"), sequenceNumber: 1, rtpTimestamp: 0, marker: true }])[0],
    ).toMatchObject({
      rule: "stap-a-nri",
      clause: "RFC 6184 5.7",
    });
    const many = Uint8Array.from([0x78, ...Array.from({ length: 10 }, () => [0, 2, 0x68, 0xce]).flat()]);
    expect(lintRtp([{ payload: many, sequenceNumber: 1, rtpTimestamp: 0, marker: true }])[0]).toMatchObject({
      rule: "stap-a-count",
      severity: "warning",
    });
  });

  it("is not disturbed by padding-only packets", () => {
    const padding = { payload: new Uint8Array(0), marker: false };
    const padded = good
      .flatMap((packet) => [packet, { ...packet, ...padding }])
      .map((packet, index) => ({ ...packet, sequenceNumber: index }));
    expect(lintRtp(padded)).toEqual([]);
  });
});

describe("linting hostile bytes", () => {
  it("never throws", () => {
    fc.assert(
      fc.property(bytes(150), fc.array(anyNalUnit, { maxLength: 10 }), (any, nalUnits) => {
        lintAnnexB(any);
        lintAvcc(any, 2);
        lint([{ nalUnits }, { nalUnits: [any] }, { nalUnits: splitAnnexB(any) }]);
        const payload = any;
        const packet = { payload, sequenceNumber: 1, rtpTimestamp: 0, marker: false };
        expect(lintRtp([packet, { ...packet, sequenceNumber: 2 }])).toBeInstanceOf(Array);
      }),
    );
  });
});
