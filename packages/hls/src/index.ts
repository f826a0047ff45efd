/**
 * Receiving through hls.js: the messages in HTTP Live Streaming, bound to media time. Use this entry point in pages that
 * play HLS with hls.js.
 *
 * @module
 */
export { type HlsFeedOptions, hlsFeed } from "./hls-feed.ts";
