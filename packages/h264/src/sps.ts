import { type BitReader, readNalUnit } from "./bit-reader.ts";
import { H264Error } from "./h264-error.ts";
import { NalUnitType, nalUnitType } from "./nal-unit.ts";
import { parseVui, type Vui } from "./vui.ts";

/** What a sequence parameter set says. ITU-T H.264 7.3.2.1.1. */
export interface Sps {
  /** seq_parameter_set_id, 0 to 31. */
  readonly id: number;
  /** profile_idc: 66 baseline, 77 main, 100 high, and others (Annex A). */
  readonly profileIdc: number;
  /** constraint_set0_flag (most significant bit) to constraint_set5_flag and reserved_zero_2bits as one byte. */
  readonly constraintFlags: number;
  /** level_idc: ten times the level, 9 or 11 with constraint_set3_flag for level 1b. */
  readonly levelIdc: number;
  /** chroma_format_idc: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormatIdc: number;
  /** separate_colour_plane_flag. */
  readonly hasSeparateColourPlanes: boolean;
  /** BitDepthY. */
  readonly bitDepthLuma: number;
  /** BitDepthC. */
  readonly bitDepthChroma: number;
  /** log2_max_frame_num_minus4 + 4. */
  readonly frameNumBits: number;
  /** pic_order_cnt_type, 0 to 2. */
  readonly picOrderCntType: number;
  /** log2_max_pic_order_cnt_lsb_minus4 + 4; 0 unless picOrderCntType is 0. */
  readonly picOrderCntLsbBits: number;
  /** delta_pic_order_always_zero_flag; false unless picOrderCntType is 1. */
  readonly deltaPicOrderAlwaysZero: boolean;
  /** max_num_ref_frames. */
  readonly maxNumRefFrames: number;
  /** gaps_in_frame_num_value_allowed_flag. */
  readonly allowsFrameNumGaps: boolean;
  /** frame_mbs_only_flag: no fields and no MBAFF. */
  readonly frameMbsOnly: boolean;
  /** Pixels, whole macroblocks. */
  readonly codedWidth: number;
  /** Pixels of a frame, whole macroblocks. */
  readonly codedHeight: number;
  /** Pixels after cropping. */
  readonly width: number;
  /** Pixels of a frame after cropping. */
  readonly height: number;
  /** Video usability information (Annex E), where there is any. */
  readonly vui?: Vui;
  /** Frames a second (time_scale / (2 * num_units_in_tick)) where the VUI has timing. */
  readonly frameRate?: number;
}

/** profile_idc values with chroma_format_idc and bit depths. */
const highProfiles = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/**
 * Reads a sequence parameter set, or the SPS in a subset SPS. ITU-T H.264 7.3.2.1.1, Annex E.
 *
 * @throws H264Error `no-nal-unit` when it is neither, `truncated` and `bad-value`.
 */
export function parseSps(nal: Uint8Array): Sps {
  const type = nalUnitType(nal);
  if (type !== NalUnitType.Sps && type !== NalUnitType.SubsetSps) {
    throw new H264Error("no-nal-unit", "Not a sequence parameter set", { offset: 0, clause: "H.264 Table 7-1" });
  }
  return readNalUnit(nal, readSps, "H.264 7.3.2.1.1") as Sps;
}

/** seq_parameter_set_data(). */
export function readSps(reader: BitReader): Sps {
  const profileIdc = reader.bits(8);
  const constraintFlags = reader.bits(8);
  const levelIdc = reader.bits(8);
  const id = reader.unsigned(31);
  let chromaFormatIdc = 1;
  let hasSeparateColourPlanes = false;
  let bitDepthLuma = 8;
  let bitDepthChroma = 8;
  if (highProfiles.has(profileIdc)) {
    chromaFormatIdc = reader.unsigned(3);
    if (chromaFormatIdc === 3) hasSeparateColourPlanes = reader.flag();
    bitDepthLuma = 8 + reader.unsigned(6);
    bitDepthChroma = 8 + reader.unsigned(6);
    reader.flag();
    if (reader.flag()) {
      const lists = chromaFormatIdc === 3 ? 12 : 8;
      for (let i = 0; i < lists; i += 1) if (reader.flag()) skipScalingList(reader, i < 6 ? 16 : 64);
    }
  }
  const frameNumBits = 4 + reader.unsigned(12);
  const picOrderCntType = reader.unsigned(2);
  let picOrderCntLsbBits = 0;
  let deltaPicOrderAlwaysZero = false;
  if (picOrderCntType === 0) {
    picOrderCntLsbBits = 4 + reader.unsigned(12);
  } else if (picOrderCntType === 1) {
    deltaPicOrderAlwaysZero = reader.flag();
    reader.signed();
    reader.signed();
    for (let left = reader.unsigned(255); left > 0; left -= 1) reader.signed();
  }
  const maxNumRefFrames = reader.unsigned();
  const allowsFrameNumGaps = reader.flag();
  const codedWidth = 16 * (1 + reader.unsigned(0xffff));
  const mapUnits = 1 + reader.unsigned(0xffff);
  const frameMbsOnly = reader.flag();
  if (!frameMbsOnly) reader.flag();
  reader.flag();
  const codedHeight = 16 * mapUnits * (frameMbsOnly ? 1 : 2);
  let width = codedWidth;
  let height = codedHeight;
  if (reader.flag()) {
    const subsampled = hasSeparateColourPlanes ? 0 : chromaFormatIdc;
    const unitX = subsampled === 1 || subsampled === 2 ? 2 : 1;
    const unitY = (subsampled === 1 ? 2 : 1) * (frameMbsOnly ? 1 : 2);
    width -= unitX * (reader.unsigned() + reader.unsigned());
    height -= unitY * (reader.unsigned() + reader.unsigned());
  }
  // Cropping leaves no picture.
  if (width <= 0 || height <= 0) reader.fail("bad-value");
  const vui = reader.flag() ? parseVui(reader) : undefined;
  const timing = vui?.timing;
  const hasRate = timing !== undefined && timing.numUnitsInTick > 0 && timing.timeScale > 0;
  return {
    id,
    profileIdc,
    constraintFlags,
    levelIdc,
    chromaFormatIdc,
    hasSeparateColourPlanes,
    bitDepthLuma,
    bitDepthChroma,
    frameNumBits,
    picOrderCntType,
    picOrderCntLsbBits,
    deltaPicOrderAlwaysZero,
    maxNumRefFrames,
    allowsFrameNumGaps,
    frameMbsOnly,
    codedWidth,
    codedHeight,
    width,
    height,
    ...(vui === undefined ? {} : { vui }),
    ...(hasRate ? { frameRate: timing.timeScale / (2 * timing.numUnitsInTick) } : {}),
  };
}

/** scaling_list() of 7.3.2.1.1.1. */
function skipScalingList(reader: BitReader, size: number): void {
  let last = 8;
  let next = 8;
  for (let i = 0; i < size && next !== 0; i += 1) {
    next = (last + reader.signed() + 256) & 255;
    if (next !== 0) last = next;
  }
}
