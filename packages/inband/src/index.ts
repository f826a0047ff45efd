/**
 * Messages that ride inside the video: publishers, subscribers, profiles, and the seam to write a transport of your own against.
 *
 * @module
 */
export * from "@inband/publisher";
export * from "@inband/stream";
export * from "@inband/subscriber";
export * from "@inband/wire";
