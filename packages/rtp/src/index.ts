/**
 * RTP and RTCP (RFC 3550): packets, their order, and the clock of video.
 *
 * Use it between a socket, or a library that moves packets, and the payload format of a codec (`@inband/h264/rtp`). Pure:
 * no sockets, no timers.
 *
 * @module
 */
export { ExtendedSequence, type ExtendedSequenceOptions } from "./extended-sequence.ts";
export { type PayloadFeedbackVisitor, readPayloadFeedback } from "./payload-feedback.ts";
export { byeSources } from "./rtcp-bye.ts";
export { type RtcpPacket, RtcpPacketType, splitRtcp } from "./rtcp-packet.ts";
export { isRtcp, parseRtpPacket, type RtpPacket } from "./rtp-packet.ts";
export { RtpReorder, type RtpReorderOptions, type RtpReorderStats } from "./rtp-reorder.ts";
export { rtpTicks, rtpTimestamp, ticksPerMs, videoClockRate } from "./rtp-timestamp.ts";
export { extendFrom, sequenceDifference } from "./sequence-number.ts";
