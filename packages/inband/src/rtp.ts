/**
 * RTP and RTCP packets.
 *
 * @module
 */
export * from "@inband/rtp";
