/** NAL unit types by the names of ITU-T H.264 Table 7-1. */
export const NalUnitType = {
  /** Slice of a non-IDR picture. */
  SliceNonIdr: 1,
  /** Slice data partition A. */
  DataPartitionA: 2,
  /** Slice data partition B. */
  DataPartitionB: 3,
  /** Slice data partition C. */
  DataPartitionC: 4,
  /** Slice of an IDR picture. */
  SliceIdr: 5,
  /** Supplemental enhancement information. */
  Sei: 6,
  /** Sequence parameter set. */
  Sps: 7,
  /** Picture parameter set. */
  Pps: 8,
  /** Access unit delimiter. */
  AccessUnitDelimiter: 9,
  /** End of sequence. */
  EndOfSequence: 10,
  /** End of stream. */
  EndOfStream: 11,
  /** Filler data. */
  FillerData: 12,
  /** Sequence parameter set extension. */
  SpsExtension: 13,
  /** Prefix NAL unit (Annex G, H): belongs to the VCL NAL unit that follows it. */
  Prefix: 14,
  /** Subset sequence parameter set. */
  SubsetSps: 15,
  /** Depth parameter set. */
  DepthParameterSet: 16,
  /** Slice of an auxiliary coded picture. */
  AuxiliarySlice: 19,
  /** Slice extension (Annex G, H). */
  SliceExtension: 20,
  /** Slice extension for depth or 3D-AVC texture views. */
  SliceExtension3d: 21,
} as const;

/** One of the values of {@link NalUnitType}. */
export type NalUnitType = (typeof NalUnitType)[keyof typeof NalUnitType];

/** nal_unit_type of a NAL unit, 0 to 31; 0 (unspecified) for an empty one. ITU-T H.264 7.3.1. */
export function nalUnitType(nal: Uint8Array): number {
  return (nal[0] ?? 0) & 31;
}

/** nal_ref_idc of a NAL unit, 0 to 3; 0 for an empty one. ITU-T H.264 7.3.1. */
export function nalRefIdc(nal: Uint8Array): number {
  return ((nal[0] ?? 0) >> 5) & 3;
}

/** Whether the NAL unit holds coded slice data of the primary or a redundant picture (types 1 to 5, Table 7-1). */
export function isVclNalUnit(nal: Uint8Array): boolean {
  return isVclNalUnitType((nal[0] ?? 0) & 31);
}

/** Whether a NAL unit of this type, behind the slices of a picture, begins an access unit (7.4.1.2.3). */
export function beginsAccessUnit(type: number): boolean {
  return (
    (type >= NalUnitType.Sei && type <= NalUnitType.AccessUnitDelimiter) || (type >= NalUnitType.Prefix && type <= 18)
  );
}

/** Whether a nal_unit_type is one that never stands before the slices: 0, 12 and 20 to 31 (7.4.1.2.3). */
export function followsSlices(type: number): boolean {
  return type === 0 || type === NalUnitType.FillerData || type >= NalUnitType.SliceExtension;
}

/** Whether a nal_unit_type is one of the VCL types 1 to 5 (Table 7-1). */
export function isVclNalUnitType(type: number): boolean {
  return type > 0 && type < 6;
}

/** `NalUnitType.Sei`. A number, here and above, keeps the table of names out of a page's worker. */
export const seiNalUnitType: 6 = 6;
