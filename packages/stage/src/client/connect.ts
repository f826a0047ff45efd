import { checkToken, followedUrl } from "@inband/stage-protocol";
import { ConnectError } from "@inband/werift";
import type { RTCPeerConnection } from "werift";
import { readAnswer } from "./answer.ts";
import { type ConnectOptions, checkConnect } from "./connect-options.ts";
import { postOffer } from "./offer-exchange.ts";
import { type OfferingPeer, weriftPeer } from "./offering-peer.ts";
import { JoinedSession, type StageSession } from "./stage-session.ts";

const defaultTimeoutMs = 15_000;

/**
 * Publishes what the transceivers of a peer connection send, by WHIP (RFC 9725). Add the tracks first, for instance with
 * `WeriftVideo.connect`. The peer connection is one of werift, or that of another transport, as `nodeDataChannelPeer` of
 * `@inband/node-datachannel` makes it. Resolves when the stage has answered; the connection comes about after that. When it
 * rejects, the peer connection stays open.
 *
 * @throws TokenError when the token does not open the stage, RemoteError for any other refusal, ConnectError `timeout`
 * when the server takes longer than `timeoutMs`, the reason of `signal`, TypeError or RangeError for an option.
 */
export async function connectWhip(
  pc: RTCPeerConnection | OfferingPeer,
  options: ConnectOptions,
): Promise<StageSession> {
  checkConnect(pc, options);
  if ("offer" in pc) return join(pc, options);
  if (pc.getTransceivers().length === 0) {
    throw new TypeError("connectWhip: add a track to the peer connection first");
  }
  return join(weriftPeer(pc), options);
}

/**
 * Receives by WHEP, or one participant of a stage. Sections that receive video, and audio where the peer connection has
 * a codec for it, are added to a peer connection of werift that has no transceiver yet. Otherwise as `connectWhip`.
 *
 * @throws As `connectWhip`.
 */
export async function connectWhep(
  pc: RTCPeerConnection | OfferingPeer,
  options: ConnectOptions,
): Promise<StageSession> {
  checkConnect(pc, options);
  if ("offer" in pc) return join(pc, options);
  if (pc.getTransceivers().length === 0) {
    const { codecs } = pc.getConfiguration();
    if (codecs.video?.length) pc.addTransceiver("video", { direction: "recvonly" });
    if (codecs.audio?.length) pc.addTransceiver("audio", { direction: "recvonly" });
  }
  return join(weriftPeer(pc), options);
}

async function join(peer: OfferingPeer, options: ConnectOptions): Promise<StageSession> {
  const { timeoutMs = defaultTimeoutMs } = options;
  if (!(timeoutMs > 0 && timeoutMs < 2 ** 31))
    throw new RangeError(`timeoutMs: expected a positive number, got ${timeoutMs}`);
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  try {
    return await exchange(peer, { ...options, signal });
  } catch (error) {
    if (error !== timeout.reason || !timeout.aborted) throw error;
    throw new ConnectError("timeout", `the stage has not answered within ${timeoutMs} ms`);
  }
}

async function exchange(
  peer: OfferingPeer,
  options: ConnectOptions & { readonly signal: AbortSignal },
): Promise<StageSession> {
  const { token, signal } = options;
  signal.throwIfAborted();
  if (!URL.canParse(options.url) || !/^https?:/i.test(options.url)) {
    throw new TypeError("url: expected an http or https URL");
  }
  if (token !== undefined) checkToken(token);
  const offer = await peer.offer();
  const accepted = await postOffer(offer, options);
  const session = new JoinedSession(peer, sessionUrl(accepted.location, accepted.url, options), token);
  try {
    const body = await accepted.readAnswer();
    signal.throwIfAborted();
    await peer.answer(readAnswer(body, accepted.status));
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
