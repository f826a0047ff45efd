/**
 * How far a sequence number is ahead of another one, over the wrap of their 16 bits: -32 768 to 32 767. Extended numbers
 * are taken by their lowest 16 bits.
 */
export function sequenceDifference(sequenceNumber: number, other: number): number {
  return ((sequenceNumber - other) << 16) >> 16;
}

/** The first extended number, at or above another one, whose lowest 16 bits are this sequence number. */
export function extendFrom(extended: number, sequenceNumber: number): number {
  return extended + ((sequenceNumber - extended) & 0xffff);
}
