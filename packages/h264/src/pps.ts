import { type BitReader, readNalUnit } from "./bit-reader.ts";
import { H264Error } from "./h264-error.ts";
import { NalUnitType, nalUnitType } from "./nal-unit.ts";

/** What a picture parameter set says about slice headers. ITU-T H.264 7.3.2.2. */
export interface Pps {
  /** pic_parameter_set_id, 0 to 255. */
  readonly id: number;
  /** seq_parameter_set_id of the SPS it refers to. */
  readonly spsId: number;
  /** entropy_coding_mode_flag: CABAC, not CAVLC. */
  readonly usesCabac: boolean;
  /** bottom_field_pic_order_in_frame_present_flag. */
  readonly hasBottomFieldPicOrder: boolean;
  /** num_slice_groups_minus1 + 1: more than one is flexible macroblock ordering. */
  readonly sliceGroups: number;
  /** redundant_pic_cnt_present_flag. */
  readonly hasRedundantPicCnt: boolean;
}

/**
 * Reads a picture parameter set up to redundant_pic_cnt_present_flag. ITU-T H.264 7.3.2.2.
 *
 * @throws H264Error `no-nal-unit` when it is none, `truncated` and `bad-value`.
 */
export function parsePps(nal: Uint8Array): Pps {
  if (nalUnitType(nal) !== NalUnitType.Pps) {
    throw new H264Error("no-nal-unit", "Not a picture parameter set", { offset: 0, clause: "H.264 Table 7-1" });
  }
  return readNalUnit(nal, readPps, "H.264 7.3.2.2") as Pps;
}

/** pic_parameter_set_rbsp() up to redundant_pic_cnt_present_flag. */
export function readPps(reader: BitReader): Pps {
  const id = reader.unsigned(255);
  const spsId = reader.unsigned(31);
  const usesCabac = reader.flag();
  const hasBottomFieldPicOrder = reader.flag();
  const sliceGroups = 1 + reader.unsigned(7);
  if (sliceGroups > 1) skipSliceGroups(reader, sliceGroups);
  reader.unsigned(31);
  reader.unsigned(31);
  reader.bits(3);
  reader.signed();
  reader.signed();
  reader.signed();
  reader.bits(2);
  const hasRedundantPicCnt = reader.flag();
  return { id, spsId, usesCabac, hasBottomFieldPicOrder, sliceGroups, hasRedundantPicCnt };
}

function skipSliceGroups(reader: BitReader, sliceGroups: number): void {
  const mapType = reader.unsigned(6);
  if (mapType === 0) {
    for (let i = 0; i < sliceGroups; i += 1) reader.unsigned();
  } else if (mapType === 2) {
    for (let i = 1; i < sliceGroups; i += 1) {
      reader.unsigned();
      reader.unsigned();
    }
  } else if (mapType >= 3 && mapType <= 5) {
    reader.flag();
    reader.unsigned();
  } else if (mapType === 6) {
    const units = 1 + reader.unsigned();
    const bits = Math.ceil(Math.log2(sliceGroups));
    for (let i = 0; i < units && !reader.isBroken; i += 1) reader.bits(bits);
  }
}
