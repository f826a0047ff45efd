/**
 * Publishes messages inside H.264 video.
 *
 * Use this entry point for the publisher itself. Carriers for WebRTC are in `@inband/werift` (Node) and
 * `@inband/browser`; what a carrier of your own is made of is in `@inband/stream`.
 *
 * @module
 */
export type { Carriable, SeiPublisherArguments } from "./carriable.ts";
export { PublishError, type PublishErrorCode, type PublishErrorDetails } from "./publish-error.ts";
export type { Priority, PublishOptions } from "./publish-options.ts";
export type { PublisherEvents, PublisherStats } from "./publisher-events.ts";
export type { Overflow, SeiPublisherOptions } from "./publisher-options.ts";
export type { PublisherTopic, PublisherTopicOptions } from "./publisher-topic.ts";
export type { Publication, Receipt, StreamReceipt } from "./receipt.ts";
export { SeiPublisher } from "./sei-publisher.ts";
