/** How deep a value may nest: a decoder that recurses must not be driven out of its stack by 64 KiB of 0x91. */
export const maxDepth = 32;
