/**
 * Publishing through werift, in Node: an H.264 stream with messages inside, sent to any number of WebRTC peers. Pick
 * this door when access units come from an encoder, a file or a network source in the same process.
 *
 * @module
 */

export { defaultKeyFrameIntervalMs, KeyFrameRequests } from "../key-frame-requests.ts";
export { NoH264Error, type NoH264Reason } from "../no-h264-error.ts";
export type { ConnectEncoderOptions, SteeredEncoder } from "../steered-encoders.ts";
export { ConnectError } from "./connect-error.ts";
export { onKeyFrameWish } from "./key-frame-wishes.ts";
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
