/**
 * What rides in one encoded stream: the seam between messages and transports.
 *
 * Use it to write a carrier or a feed of your own; those of inband are made of nothing else. A carrier of whole access
 * units is an `AccessUnitCarrier`, one that writes into frames itself has `CarrierPublishers`, and any other implements
 * `SeiCarrier`. A feed implements `SeiFeed`; `RtpSeiReader` and `readSei` find the messages in RTP and in NAL units.
 *
 * @module
 */

export { checkOptions } from "@inband/wire";
export { AccessUnitCarrier } from "./access-unit-carrier.ts";
export type { AccessUnitCarrierOptions, AccessUnitCarrierStats } from "./access-unit-carrier-options.ts";
export { asError } from "./as-error.ts";
export { BoundedMap } from "./bounded-map.ts";
export { ByteWindow } from "./byte-window.ts";
export { CarrierPublishers, type CarrierPublishersOptions } from "./carrier-publishers.ts";
export type { CarrierStream } from "./carrier-stream.ts";
export { checkLimits } from "./check-limits.ts";
export { isFirstSlice } from "./first-slice.ts";
export { guardedCall } from "./guarded-call.ts";
export { defaultKeyFrameIntervalMs, KeyFrameRequests } from "./key-frame-requests.ts";
export { LaterCalls } from "./later-calls.ts";
export type { CopySchedule, Message, MessagePayload } from "./message.ts";
export { NoH264Error, type NoH264Reason } from "./no-h264-error.ts";
export type { OutgoingFrame } from "./outgoing-frame.ts";
export { readSei } from "./read-sei.ts";
export { RtpSeiReader } from "./rtp-sei-reader.ts";
export {
  type CarrierEvents,
  type CarrierLimits,
  defaultCarrierLimits,
  type OpenCarrier,
  type SeiCarrier,
  type SentReport,
  type StreamReport,
} from "./sei-carrier.ts";
export type { EndedReason, FeedReader, SeiFeed, SeiSink, StalledReason, UserData, UserDataPlace } from "./sei-feed.ts";
export { measureSei } from "./sei-nal-units.ts";
export { Shelf, type ShelfOptions, type Shelved } from "./shelf.ts";
export { risingClock, steadyNowMs } from "./steady-clock.ts";
export type { ConnectEncoderOptions, SteeredEncoder } from "./steered-encoders.ts";
export { heartbeatIntervalMs } from "./stream-heartbeat.ts";
export { untilClosed } from "./until-closed.ts";
export { userDataKey } from "./user-data-key.ts";
export { WakeTimer } from "./wake-timer.ts";
