/**
 * Joins a stage, or any WHIP or WHEP server, with a werift peer connection. Pick this door in Node; browsers join with
 * their own `RTCPeerConnection` and `fetch`.
 *
 * @module
 */
export { ConnectError } from "@inband/publisher/werift";
export { TokenError, type TokenErrorCode } from "../token-error.ts";
export { type ConnectOptions, connectWhep, connectWhip, type StageSession } from "./connect.ts";
export { type StageEndpoints, stageEndpoints } from "./endpoints.ts";
export { RemoteError } from "./remote-error.ts";
