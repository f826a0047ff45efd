import { type BitReader, readNalUnit } from "./bit-reader.ts";
import { H264Error } from "./h264-error.ts";
import { NalUnitType, nalRefIdc, nalUnitType } from "./nal-unit.ts";
import type { Pps } from "./pps.ts";
import type { Sps } from "./sps.ts";

/** The beginning of a slice header: what tells one picture from the next. ITU-T H.264 7.3.3. */
export interface SliceHeader {
  /** first_mb_in_slice. */
  readonly firstMb: number;
  /** slice_type, 0 to 9: P, B, I, SP, SI, and the same for all slices of a picture. */
  readonly sliceType: number;
  /** pic_parameter_set_id. */
  readonly ppsId: number;
  /** colour_plane_id; 0 unless separate_colour_plane_flag of the SPS is 1. */
  readonly colourPlaneId: number;
  /** nal_ref_idc of the NAL unit. */
  readonly nalRefIdc: number;
  /** IdrPicFlag. */
  readonly isIdr: boolean;
  /** frame_num. */
  readonly frameNum: number;
  /** field_pic_flag. */
  readonly isField: boolean;
  /** bottom_field_flag. */
  readonly isBottomField: boolean;
  /** idr_pic_id; 0 unless isIdr. */
  readonly idrPicId: number;
  /** pic_order_cnt_type of the SPS. */
  readonly picOrderCntType: number;
  /** pic_order_cnt_lsb. */
  readonly picOrderCntLsb: number;
  /** delta_pic_order_cnt_bottom. */
  readonly deltaPicOrderCntBottom: number;
  /** delta_pic_order_cnt[0]. */
  readonly deltaPicOrderCnt0: number;
  /** delta_pic_order_cnt[1]. */
  readonly deltaPicOrderCnt1: number;
  /** redundant_pic_cnt: above 0 the slice belongs to a redundant picture. */
  readonly redundantPicCnt: number;
}

/** The elements read take at most 40 bytes, escaped at most 60. */
const prefixBytes = 64;

/** pic_parameter_set_id of a slice, which must be known before the rest of its header can be read; -1 for a broken one. */
export function slicePpsId(nal: Uint8Array): number {
  const read = (reader: BitReader): number => {
    reader.unsigned();
    reader.unsigned(9);
    return reader.unsigned(255);
  };
  return readNalUnit(prefixOf(nal), read) ?? -1;
}

/** first_mb_in_slice: all that can be read without parameter sets; -1 for a broken one. */
export function sliceFirstMb(nal: Uint8Array): number {
  return readNalUnit(prefixOf(nal), (reader) => reader.unsigned()) ?? -1;
}

/**
 * Reads the beginning of the header of a slice or a data partition A (NAL unit types 1, 2, 5). ITU-T H.264 7.3.3.
 *
 * @throws H264Error `no-nal-unit` for another type, `truncated` and `bad-value`.
 */
export function parseSliceHeader(nal: Uint8Array, sps: Sps, pps: Pps): SliceHeader {
  const type = nalUnitType(nal);
  if (type !== NalUnitType.SliceNonIdr && type !== NalUnitType.SliceIdr && type !== NalUnitType.DataPartitionA) {
    throw new H264Error("no-nal-unit", "Not a slice", { offset: 0, clause: "H.264 Table 7-1" });
  }
  return readSliceHeader(nal, sps, pps, "H.264 7.3.3") as SliceHeader;
}

/** As {@link parseSliceHeader}, for a slice; undefined for a broken one where no clause is given. */
export function readSliceHeader(nal: Uint8Array, sps: Sps, pps: Pps, clause?: string): SliceHeader | undefined {
  return readNalUnit(prefixOf(nal), (reader) => readElements(nal, reader, sps, pps), clause);
}

function readElements(nal: Uint8Array, reader: BitReader, sps: Sps, pps: Pps): SliceHeader {
  const firstMb = reader.unsigned();
  const sliceType = reader.unsigned(9);
  const ppsId = reader.unsigned(255);
  const colourPlaneId = sps.hasSeparateColourPlanes ? reader.bits(2) : 0;
  const frameNum = reader.bits(sps.frameNumBits);
  const isField = !sps.frameMbsOnly && reader.flag();
  const isBottomField = isField && reader.flag();
  const isIdr = nalUnitType(nal) === NalUnitType.SliceIdr;
  const idrPicId = isIdr ? reader.unsigned(65_535) : 0;
  let picOrderCntLsb = 0;
  let deltaPicOrderCntBottom = 0;
  let deltaPicOrderCnt0 = 0;
  let deltaPicOrderCnt1 = 0;
  if (sps.picOrderCntType === 0) {
    picOrderCntLsb = reader.bits(sps.picOrderCntLsbBits);
    if (pps.hasBottomFieldPicOrder && !isField) deltaPicOrderCntBottom = reader.signed();
  } else if (sps.picOrderCntType === 1 && !sps.deltaPicOrderAlwaysZero) {
    deltaPicOrderCnt0 = reader.signed();
    if (pps.hasBottomFieldPicOrder && !isField) deltaPicOrderCnt1 = reader.signed();
  }
  const redundantPicCnt = pps.hasRedundantPicCnt ? reader.unsigned(127) : 0;
  return {
    firstMb,
    sliceType,
    ppsId,
    colourPlaneId,
    nalRefIdc: nalRefIdc(nal),
    isIdr,
    frameNum,
    isField,
    isBottomField,
    idrPicId,
    picOrderCntType: sps.picOrderCntType,
    picOrderCntLsb,
    deltaPicOrderCntBottom,
    deltaPicOrderCnt0,
    deltaPicOrderCnt1,
    redundantPicCnt,
  };
}

/** Whether two slices of primary pictures belong to different pictures. ITU-T H.264 7.4.1.2.4. */
export function isNewPicture(a: SliceHeader, b: SliceHeader): boolean {
  return (
    a.frameNum !== b.frameNum ||
    a.ppsId !== b.ppsId ||
    a.isField !== b.isField ||
    a.isBottomField !== b.isBottomField ||
    (a.nalRefIdc === 0) !== (b.nalRefIdc === 0) ||
    a.isIdr !== b.isIdr ||
    a.idrPicId !== b.idrPicId ||
    a.picOrderCntType !== b.picOrderCntType ||
    a.picOrderCntLsb !== b.picOrderCntLsb ||
    a.deltaPicOrderCntBottom !== b.deltaPicOrderCntBottom ||
    a.deltaPicOrderCnt0 !== b.deltaPicOrderCnt0 ||
    a.deltaPicOrderCnt1 !== b.deltaPicOrderCnt1
  );
}

/** Names the first macroblock of a slice among those of its picture: of a colour plane, each begins one slice (7.4.3). */
export function firstMbKey({ firstMb, colourPlaneId }: SliceHeader): number {
  return firstMb * 4 + colourPlaneId;
}

function prefixOf(nal: Uint8Array): Uint8Array {
  return nal.length > prefixBytes ? nal.subarray(0, prefixBytes) : nal;
}
