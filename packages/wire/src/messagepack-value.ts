/** How deep a value may nest: a decoder that recurses must not be driven out of its stack by 64 KiB of 0x91. */
export const maxDepth = 32;

/**
 * The most that a value may weigh: what a decoder holds of it, roughly, in bytes. 32 times the largest body, so that lists
 * of small objects fit and 64 KiB of empty maps do not.
 */
export const maxWeight = 2_097_152;

/** What a value weighs, about as much as V8 takes: 8 each, and besides for its kind so much, and the length of a text or bytes. */
export const weights = { value: 8, text: 32, array: 64, map: 96, bytes: 224 } as const;
