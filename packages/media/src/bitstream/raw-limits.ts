/** Many times the largest NAL unit that level 6.2 allows (ITU-T H.264 Table A-1: MaxCPB 800 Mbit for a whole second). */
export const maxNalUnitBytes: number = 64 << 20;

/** NAL units that are split off at once, roughly: the view of one of a single byte takes 116 bytes. */
export const nalUnitsOfGroup = 4096;
