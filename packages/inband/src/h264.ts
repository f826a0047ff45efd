/**
 * The H.264 bitstream.
 *
 * @module
 */
export * from "@inband/h264";
