import {
  type AccessUnit,
  type AccessUnitNals,
  AccessUnitSplitter,
  buildUserDataSei,
  H264Error,
  insertSei,
  insertSeiAnnexB,
  isVclNalUnit,
  lint,
  nalUnitType,
  parseSei,
  splitAccessUnits,
  splitAnnexB,
  stripSei,
} from "@inband/h264";
import { concat } from "@inband/rig/hostile-bytes";
import { annexB } from "../generate.ts";
import { Input } from "../input.ts";
import { holds, sameBytes, sameLists, strict, type Target } from "../target.ts";
import { cut } from "./annex-b.ts";

const uuid = Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index);
const message = buildUserDataSei({ uuid, payload: Uint8Array.of(0, 0, 1, 0, 0, 0, 3) });

/** Access units of a byte stream, and what is put into them: two bytes that say where to cut, the stream. */
export const accessUnitsTarget: Target = {
  name: "access-units",
  make: (random) => concat([[random.integer(0, 255), random.integer(0, 255)], annexB(random)]),
  check(bytes) {
    const input = new Input(bytes);
    const cuts = input.uint16();
    const stream = input.rest();
    const nals = splitAnnexB(stream);
    const accessUnits = [...splitAccessUnits(stream)];
    sameLists(
      accessUnits.flatMap(({ nalUnits }) => nalUnits),
      nals,
      "the NAL units of all access units",
    );
    const cutUnits = [...splitAccessUnits(cut(stream, cuts))];
    holds(cutUnits.length === accessUnits.length, "the access units depend on the chunks");
    for (const [index, unit] of accessUnits.entries()) {
      const other = cutUnits[index] as AccessUnitNals;
      holds(unit.nalUnits.length === other.nalUnits.length, "an access unit depends on the chunks");
      holds(unit.isKeyFrame === other.isKeyFrame, "isKeyFrame depends on the chunks");
      holds(unit.isKeyFrame === unit.nalUnits.some((nal) => nalUnitType(nal) === 5), "isKeyFrame");
      const isLast = index === accessUnits.length - 1;
      holds(isLast || unit.nalUnits.some(isVclNalUnit), "an access unit without a VCL NAL unit inside the stream");
      checkStrip({ kind: "video", codec: "h264", timestamp: 0, ...unit });
    }
    lint(accessUnits);
    checkLimit(nals, 64 + (cuts & 1023));
    checkInsertion(stream, nals);
  },
};

function checkLimit(nals: readonly Uint8Array[], maxAccessUnitBytes: number): void {
  const splitter = new AccessUnitSplitter({ maxAccessUnitBytes });
  const ended = [...nals.map((nal) => splitter.push(nal)), splitter.flush()];
  for (const unit of ended) {
    const size = unit?.nalUnits.reduce((sum, nal) => sum + nal.length + 128, 0) ?? 0;
    holds(size <= maxAccessUnitBytes, "an access unit above the limit");
  }
}

function checkInsertion(stream: Uint8Array, nalUnits: readonly Uint8Array[]): void {
  const accessUnit: AccessUnit = { kind: "video", codec: "h264", timestamp: 0, isKeyFrame: false, nalUnits };
  const inserted = insertSei(accessUnit, [message]);
  const bytes = insertSeiAnnexB(stream, [message]);
  if (!nalUnits.some(isVclNalUnit)) {
    holds(inserted === accessUnit && bytes === stream, "something was inserted without a VCL NAL unit");
    return;
  }
  const at = inserted.nalUnits.indexOf(message);
  holds(at >= 0 && inserted.nalUnits.toSpliced(at, 1).every((nal, index) => nal === nalUnits[index]), "insertion");
  sameLists(splitAnnexB(bytes), inserted.nalUnits, "insertion into the byte stream");
  const offset = (splitAnnexB(bytes)[at] as Uint8Array).byteOffset - bytes.byteOffset - 4;
  sameBytes(bytes.subarray(0, offset), stream.subarray(0, offset), "what stands before the insertion");
  sameBytes(bytes.subarray(offset + 4 + message.length), stream.subarray(offset), "what stands after the insertion");
}

function checkStrip(accessUnit: AccessUnit): void {
  holds(stripSei(accessUnit, () => false) === accessUnit, "stripping nothing makes a new access unit");
  const stripped = stripSei(accessUnit, ({ payloadType }) => payloadType === 5);
  const others = (unit: AccessUnit) => unit.nalUnits.filter((nal) => nalUnitType(nal) !== 6);
  sameLists(others(stripped), others(accessUnit), "stripping changed other NAL units");
  for (const nal of accessUnit.nalUnits) {
    const isBroken = nalUnitType(nal) === 6 && strict(H264Error, () => parseSei(nal)) === undefined;
    if (isBroken) holds(stripped.nalUnits.includes(nal), "a broken SEI NAL unit was stripped");
  }
  for (const nal of stripped.nalUnits) {
    if (nalUnitType(nal) !== 6 || accessUnit.nalUnits.includes(nal)) continue;
    holds(
      parseSei(nal).every(({ payloadType }) => payloadType !== 5),
      "a stripped message is still there",
    );
  }
  const again = stripSei(stripped, ({ payloadType }) => payloadType === 5);
  for (const [index, nal] of again.nalUnits.entries())
    sameBytes(nal, stripped.nalUnits[index] ?? nal, "stripped twice");
}
