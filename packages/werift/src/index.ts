/**
 * Messages inside H.264 over werift, both ways, in Node: an encoded stream to any number of WebRTC peers, and the
 * messages in what a peer sends.
 *
 * @module
 */
export { NoH264Error, type NoH264Reason } from "@inband/stream";
export { sendCloseNotify } from "./close-notify.ts";
export { ConnectError } from "./connect-error.ts";
export { onKeyFrameRequest } from "./key-frame-feedback.ts";
export { OlderNacks, type OlderNacksOptions, type RepeatablePacket } from "./older-nacks.ts";
export { Pacer, type PacerOptions } from "./pacer.ts";
export { PacketHistory } from "./packet-history.ts";
export { type PeerConfigOptions, peerConfig } from "./peer-config.ts";
export { requestKeyFrame } from "./request-key-frame.ts";
export { Retransmission } from "./retransmission.ts";
export { RtpSeiInserter, type RtpSeiInserterOptions } from "./rtp-sei-inserter.ts";
export { SeiH264Packetizer, type SeiH264PacketizerOptions } from "./sei-h264-packetizer.ts";
export { SilenceWatch, silentAfterMs } from "./silence-watch.ts";
export { guardTransport, guardTransports, type TransportGuard } from "./transport-guard.ts";
export { WeriftAudio, type WeriftAudioOptions, type WeriftAudioStats } from "./werift-audio.ts";
export { type WeriftFeedOptions, weriftFeed } from "./werift-feed.ts";
export {
  type WeriftInjector,
  type WeriftInjectorOptions,
  type WeriftInjectorStats,
  weriftInjector,
} from "./werift-injector.ts";
export { WeriftVideo } from "./werift-video.ts";
export type { WeriftVideoOptions, WeriftVideoStats } from "./werift-video-options.ts";
