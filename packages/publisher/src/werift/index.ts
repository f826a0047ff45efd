/**
 * Publishing through werift, in Node: an H.264 stream with messages inside, sent to any number of WebRTC peers. Use this
 * entry point when access units come from an encoder, a file or a network source in the same process.
 *
 * @module
 */

export { NoH264Error, type NoH264Reason } from "../stream/no-h264-error.ts";
export type { ConnectEncoderOptions, SteeredEncoder } from "../stream/steered-encoders.ts";
export { ConnectError } from "./connect-error.ts";
export { onKeyFrameRequest } from "./key-frame-feedback.ts";
export { Pacer, type PacerOptions } from "./pacer.ts";
export { type PeerConfigOptions, peerConfig } from "./peer-config.ts";
export { SeiH264Packetizer, type SeiH264PacketizerOptions } from "./sei-h264-packetizer.ts";
export { SilenceWatch, silentAfterMs } from "./silence-watch.ts";
export { guardTransport, guardTransports, type TransportGuard } from "./transport-guard.ts";
export {
  type WeriftInjector,
  type WeriftInjectorOptions,
  type WeriftInjectorStats,
  weriftInjector,
} from "./werift-injector.ts";
export { WeriftVideo } from "./werift-video.ts";
export type { WeriftVideoOptions, WeriftVideoStats } from "./werift-video-options.ts";
