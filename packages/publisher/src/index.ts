/**
 * Publishes messages inside H.264 video.
 *
 * Use this entry point for the publisher itself, and to write a carrier of your own: `AccessUnitCarrier` where whole
 * access units are at hand, `CarrierPublishers` where there are several streams, `SeiCarrier` for anything else. Carriers
 * for WebRTC are in `@inband/publisher/werift` (Node) and `@inband/publisher/browser`.
 *
 * @module
 */
export type { Carriable, SeiPublisherArguments } from "./carriable.ts";
export { PublishError, type PublishErrorCode, type PublishErrorDetails } from "./publish-error.ts";
export type { Priority, PublishOptions } from "./publish-options.ts";
export type { PublisherEvents, PublisherStats } from "./publisher-events.ts";
export type { Overflow, SeiPublisherOptions } from "./publisher-options.ts";
export type { Publication, Receipt, StreamReceipt } from "./receipt.ts";
export { SeiPublisher } from "./sei-publisher.ts";
export { AccessUnitCarrier } from "./stream/access-unit-carrier.ts";
export type { AccessUnitCarrierOptions, AccessUnitCarrierStats } from "./stream/access-unit-carrier-options.ts";
export {
  type CarrierEvents,
  type CarrierLimits,
  defaultCarrierLimits,
  type OpenCarrier,
  type SeiCarrier,
  type SentReport,
  type StreamReport,
} from "./stream/carrier.ts";
export { CarrierPublishers, type CarrierPublishersOptions } from "./stream/carrier-publishers.ts";
export type { CarrierStream } from "./stream/carrier-stream.ts";
export { defaultKeyFrameIntervalMs, KeyFrameRequests } from "./stream/key-frame-requests.ts";
export type { CopySchedule, Message, MessagePayload } from "./stream/message.ts";
export type { OutgoingFrame } from "./stream/outgoing-frame.ts";
export { measureSei } from "./stream/sei-nal-units.ts";
export type { ConnectEncoderOptions, SteeredEncoder } from "./stream/steered-encoders.ts";
