/**
 * Receives messages from inside H.264 video, each once, bound to its frame.
 *
 * Use this entry point for the subscriber itself. Feeds for WebRTC are in `@inband/werift` (Node) and `@inband/browser`;
 * the interface of a feed of your own is in `@inband/stream`.
 *
 * @module
 */
export { type AccessUnitFeedOptions, accessUnitFeed } from "./access-unit-feed.ts";
export type { Attachment } from "./attachment.ts";
export { BrokenSeiError } from "./broken-sei-error.ts";
export type { Gap } from "./gap.ts";
export type { Late } from "./late.ts";
export type { Ended, Resumed, Stalled } from "./life-events.ts";
export type { PresentingVideo } from "./presentation.ts";
export { pushBytes } from "./push-bytes.ts";
export type { PushOptions } from "./push-options.ts";
export type { MessageOf, Presented, PresentedMessage, ReceivedMessage, TopicMessage } from "./received-message.ts";
export { SchemaError, type SchemaErrorCode } from "./schema-error.ts";
export { SeiSubscriber } from "./sei-subscriber.ts";
export type { Stripped } from "./stripped.ts";
export { SubscribeError, type SubscribeErrorCode } from "./subscribe-error.ts";
export type { NoTopics, SubscriberEvents } from "./subscriber-events.ts";
export type { AttachOptions, MessagesOptions, SeiSubscriberOptions } from "./subscriber-options.ts";
export type { SubscriberStats } from "./subscriber-stats.ts";
export type { SubscriberTopic, TopicEvents } from "./subscriber-topic.ts";
