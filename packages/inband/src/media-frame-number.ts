/**
 * Numbers in pictures, drawn and read.
 *
 * @module
 */
export * from "@inband/media/frame-number";
