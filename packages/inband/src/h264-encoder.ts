/**
 * H.264 encoders, in Node.
 *
 * @module
 */
export * from "@inband/h264/encoder";
