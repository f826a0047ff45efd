/**
 * How far a sequence number is ahead of another one, over the wrap of their 16 bits: -32 768 to 32 767. Extended numbers
 * are taken by their lowest 16 bits.
 */
export function sequenceDifference(sequenceNumber: number, other: number): number {
  return ((sequenceNumber - other) << 16) >> 16;
}
