/**
 * RTP payloads of H.264.
 *
 * @module
 */
export * from "@inband/h264/rtp";
