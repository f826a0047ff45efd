import { checkToken, followedUrl } from "@inband/stage-protocol";
import { ConnectError, guardTransports } from "@inband/werift";
import type { RTCPeerConnection } from "werift";
import { readAnswer } from "./answer.ts";
import type { ConnectOptions } from "./connect-options.ts";
import { postOffer } from "./offer-exchange.ts";
import { JoinedSession, type StageSession } from "./stage-session.ts";

const defaultTimeoutMs = 15_000;

/**
 * Publishes what the transceivers of a peer connection send, by WHIP (RFC 9725). Add the tracks first, for instance with
 * `WeriftVideo.connect`. Resolves when the stage has answered; the connection comes about after that. When it rejects, the
 * peer connection stays open.
 *
 * @throws TokenError when the token does not open the stage, RemoteError for any other refusal, ConnectError `timeout`
 * when the server takes longer than `timeoutMs`, the reason of `signal`, TypeError or RangeError for an option.
 */
export function connectWhip(pc: RTCPeerConnection, options: ConnectOptions): Promise<StageSession> {
  if (pc.getTransceivers().length === 0) {
    return Promise.reject(new TypeError("connectWhip: add a track to the peer connection first"));
  }
  return join(pc, options);
}

/**
 * Receives by WHEP, or one participant of a stage. Sections that receive video, and audio where the peer connection has
 * a codec for it, are added when it has no transceiver yet. Otherwise as `connectWhip`.
 *
 * @throws As `connectWhip`.
 */
export function connectWhep(pc: RTCPeerConnection, options: ConnectOptions): Promise<StageSession> {
  if (pc.getTransceivers().length === 0) {
    const { codecs } = pc.getConfiguration();
    if (codecs.video?.length) pc.addTransceiver("video", { direction: "recvonly" });
    if (codecs.audio?.length) pc.addTransceiver("audio", { direction: "recvonly" });
  }
  return join(pc, options);
}

async function join(pc: RTCPeerConnection, options: ConnectOptions): Promise<StageSession> {
  const { timeoutMs = defaultTimeoutMs } = options;
  if (!(timeoutMs > 0 && timeoutMs < 2 ** 31))
    throw new RangeError(`timeoutMs: expected a positive number, got ${timeoutMs}`);
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  try {
    return await exchange(pc, { ...options, signal });
  } catch (error) {
    if (error !== timeout.reason || !timeout.aborted) throw error;
    throw new ConnectError("timeout", `the stage has not answered within ${timeoutMs} ms`);
  }
}

async function exchange(
  pc: RTCPeerConnection,
  options: ConnectOptions & { readonly signal: AbortSignal },
): Promise<StageSession> {
  const { token, signal } = options;
  signal.throwIfAborted();
  if (!URL.canParse(options.url) || !/^https?:/i.test(options.url)) {
    throw new TypeError("url: expected an http or https URL");
  }
  if (token !== undefined) checkToken(token);
  guardTransports(pc);
  // The protocol has no trickle: the offer is complete when all candidates are gathered.
  await pc.setLocalDescription(await pc.createOffer());
  const offer = pc.localDescription?.sdp;
  if (offer === undefined) throw new TypeError("the peer connection is closed");
  const accepted = await postOffer(offer, options);
  const session = new JoinedSession(pc, sessionUrl(accepted.location, accepted.url, options), token);
  try {
    const body = await accepted.readAnswer();
    signal.throwIfAborted();
    await pc.setRemoteDescription({ type: "answer", sdp: readAnswer(body, accepted.status) });
  } catch (error) {
    await session.leave();
    throw error;
  }
  return session;
}

/** The session's URL, if a DELETE with the token may go there. */
function sessionUrl(location: string | null, from: URL, { trustedHosts }: ConnectOptions): string | undefined {
  try {
    return followedUrl(from, location, 201, trustedHosts ?? []).href;
  } catch {
    return undefined;
  }
}
