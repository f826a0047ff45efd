import type { BitReader } from "./bit-reader.ts";

/** Video usability information, as far as it concerns transport and display. ITU-T H.264 E.1.1. */
export interface Vui {
  /** Width and height of a sample, from Table E-1 or written out; absent when unspecified. */
  readonly sampleAspectRatio?: { readonly width: number; readonly height: number };
  /** video_full_range_flag. */
  readonly isFullRange?: boolean;
  /** colour_primaries, transfer_characteristics and matrix_coefficients. */
  readonly colour?: { readonly primaries: number; readonly transfer: number; readonly matrix: number };
  /** num_units_in_tick, time_scale and fixed_frame_rate_flag. */
  readonly timing?: {
    readonly numUnitsInTick: number;
    readonly timeScale: number;
    readonly isFixedFrameRate: boolean;
  };
  /** pic_struct_present_flag: picture timing SEI messages say how fields are shown. */
  readonly hasPicStruct: boolean;
  /** max_num_reorder_frames: 0 says that there are no B-frames to wait for. */
  readonly maxNumReorderFrames?: number;
  /** max_dec_frame_buffering. */
  readonly maxDecFrameBuffering?: number;
}

/** Table E-1 from aspect_ratio_idc 1 on. */
const sampleAspectRatios: readonly (readonly [number, number])[] = [
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
];
const extendedSar = 255;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads vui_parameters(). */
export function parseVui(reader: BitReader): Vui {
  const vui: Mutable<Vui> = { hasPicStruct: false };
  if (reader.flag()) {
    const idc = reader.bits(8);
    const [width, height] =
      idc === extendedSar ? [reader.bits(16), reader.bits(16)] : (sampleAspectRatios[idc - 1] ?? [0, 0]);
    if (width > 0 && height > 0) vui.sampleAspectRatio = { width, height };
  }
  if (reader.flag()) reader.flag();
  if (reader.flag()) {
    reader.bits(3);
    vui.isFullRange = reader.flag();
    if (reader.flag()) {
      vui.colour = { primaries: reader.bits(8), transfer: reader.bits(8), matrix: reader.bits(8) };
    }
  }
  if (reader.flag()) {
    reader.unsigned(5);
    reader.unsigned(5);
  }
  if (reader.flag()) {
    vui.timing = { numUnitsInTick: reader.bits(32), timeScale: reader.bits(32), isFixedFrameRate: reader.flag() };
  }
  const hasNalHrd = reader.flag();
  if (hasNalHrd) skipHrd(reader);
  const hasVclHrd = reader.flag();
  if (hasVclHrd) skipHrd(reader);
  if (hasNalHrd || hasVclHrd) reader.flag();
  vui.hasPicStruct = reader.flag();
  if (reader.flag()) {
    reader.flag();
    reader.unsigned();
    reader.unsigned();
    reader.unsigned();
    reader.unsigned();
    vui.maxNumReorderFrames = reader.unsigned();
    vui.maxDecFrameBuffering = reader.unsigned();
  }
  return vui;
}

/** hrd_parameters() of E.1.2. */
function skipHrd(reader: BitReader): void {
  const schedules = 1 + reader.unsigned(31);
  reader.bits(8);
  for (let i = 0; i < schedules; i += 1) {
    reader.unsigned();
    reader.unsigned();
    reader.flag();
  }
  reader.bits(20);
}
