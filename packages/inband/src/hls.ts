/**
 * Receiving what hls.js plays.
 *
 * @module
 */
export * from "@inband/hls";
