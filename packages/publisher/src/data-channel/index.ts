/**
 * Publishing over a data channel: the same messages without H.264. Use this entry point towards peers that take no H.264,
 * or beside a video carrier where a message should not wait for its frame. For browsers and Node.
 *
 * @module
 */
export type { NativeDataChannel, WebDataChannel } from "./data-channel.ts";
export { type DataChannelCarrierOptions, dataChannelCarrier, dataChannelLimits } from "./data-channel-carrier.ts";
