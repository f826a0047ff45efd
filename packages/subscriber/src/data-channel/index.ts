/**
 * Receiving over a data channel: the same messages without H.264. Use this entry point if the publisher uses
 * `@inband/publisher/data-channel`. For browsers and Node.
 *
 * @module
 */
export {
  type DataChannelFeedOptions,
  dataChannelFeed,
  type NativeDataChannel,
  type WebDataChannel,
} from "./data-channel-feed.ts";
