/**
 * What rides inside a user_data_unregistered SEI message: the envelope and the interop profiles.
 *
 * Use it to pick a profile (`inband`, `ivs`, `stagesSei`, `seiModule`, `raw`), or to write or read payloads
 * without a publisher or a subscriber. The encoding and the decoding half share no module that packs or unpacks, so a
 * bundle that only reads holds no packer. The bytes are specified in SPEC.md.
 *
 * @module
 */
export { checkOptions } from "./check-options.ts";
export { decodeEnvelope, isEnvelope } from "./decode-envelope.ts";
export { decodePayload, profileFit } from "./decode-payload.ts";
export { decodeValue } from "./decode-value.ts";
export { type EncodedPayload, encodeEnvelope } from "./encode-envelope.ts";
export { encodeJson } from "./encode-json.ts";
export { encodeMessage, type MessageHeader } from "./encode-message.ts";
export { encodeValue } from "./encode-value.ts";
export { type Envelope, EnvelopeFlag, envelopeVersion, maxFragments, maxTopicBytes } from "./envelope.ts";
export { type FittedText, fitText } from "./fit-text.ts";
export {
  type HeartbeatTopic,
  maxHeartbeatTopics,
  maxWithdrawn,
  readHeartbeat,
  type TopicHistory,
  writeHeartbeat,
} from "./heartbeat.ts";
export { inband } from "./inband-profile.ts";
export { type IvsOptions, ivs } from "./ivs-profile.ts";
export { kindOf } from "./kind-of.ts";
export { createMessageId, type MessageIdOptions, messageIdTimeMs } from "./message-id.ts";
export { parseExactJson } from "./parse-exact-json.ts";
export type { Profile } from "./profile.ts";
export { type RawOptions, raw } from "./raw-profile.ts";
export { type SeiModuleOptions, type SeiModuleValue, seiModule } from "./sei-module-profile.ts";
export { stagesSei } from "./stages-sei-profile.ts";
export { tooLarge, WireError, type WireErrorCode, type WireErrorDetails } from "./wire-error.ts";
