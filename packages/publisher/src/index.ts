/**
 * Publishes messages inside H.264 video.
 *
 * Use this door for the publisher itself, and to write a carrier of your own. Carriers for WebRTC are in
 * `@inband/publisher/werift` (Node) and `@inband/publisher/browser`.
 *
 * @module
 */
export type { Carriable, SeiPublisherArguments } from "./carriable.ts";
export {
  type CarrierEvents,
  type CarrierLimits,
  defaultCarrierLimits,
  type OpenCarrier,
  type SeiCarrier,
  type SentReport,
  type StreamReport,
} from "./carrier.ts";
export type { OutgoingFrame } from "./frame.ts";
export type { Outbox } from "./outbox.ts";
export { Outboxes, type OutboxesOptions } from "./outboxes.ts";
export type { Part } from "./part.ts";
export { PublishError, type PublishErrorCode, type PublishErrorDetails } from "./publish-error.ts";
export type { Overflow, Priority, PublishOptions, SeiPublisherOptions } from "./publish-options.ts";
export type { PublisherEvents, PublisherStats } from "./publisher-events.ts";
export type { CarrierReceipt, Publication, Receipt } from "./receipt.ts";
export { SeiPublisher } from "./sei-publisher.ts";
export { type BudgetClaim, type StreamBudget, StreamBudgets } from "./stream-budget.ts";
