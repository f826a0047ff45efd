/**
 * Messages over a data channel, both ways: without H.264, towards peers that take none, or beside video where a message
 * should not wait for its frame. For browsers and Node.
 *
 * @module
 */
export type { NativeDataChannel, WebDataChannel } from "./data-channel.ts";
export { type DataChannelCarrierOptions, dataChannelCarrier, dataChannelLimits } from "./data-channel-carrier.ts";
export {
  type DataChannelFeedOptions,
  dataChannelFeed,
  type IncomingNativeDataChannel,
  type IncomingWebDataChannel,
} from "./data-channel-feed.ts";
export {
  type ChannelConnection,
  type ChannelOf,
  type VideoWithChannel,
  type VideoWithChannelOptions,
  videoWithChannel,
} from "./video-with-channel.ts";
