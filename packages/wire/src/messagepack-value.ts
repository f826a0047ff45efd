/** How deep a value may nest: a decoder that recurses must not be driven out of its stack by 64 KiB of 0x91. */
export const maxDepth = 32;

/**
 * The most that a value may weigh: what a decoder holds of it, roughly, in bytes. 32 times the largest body, so that lists
 * of small objects fit and 64 KiB of empty maps do not.
 */
export const maxWeight = 2_097_152;

/** What every value weighs, about as much as V8 takes, like the weights below. */
export const valueWeight = 8;
/** What a text weighs besides, and its length. */
export const textWeight = 32;
/** What bytes weigh besides, and their length. */
export const bytesWeight = 224;
/** What an array weighs besides. */
export const arrayWeight = 64;
/** What a map weighs besides. */
export const mapWeight = 96;
