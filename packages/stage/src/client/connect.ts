/// <reference lib="esnext.disposable" preserve="true" />
import { ConnectError, guardTransports } from "@inband/publisher/werift";
import type { RTCPeerConnection } from "werift";
import { sendCloseNotify } from "../close-notify.ts";
import { isTokenErrorCode, TokenError } from "../token-error.ts";
import { spreadCandidates } from "./answer.ts";
import { readClaims } from "./endpoints.ts";
import { followedUrl, maxRedirects } from "./redirect.ts";
import { RemoteError } from "./remote-error.ts";

/** Statuses of a redirect. The method stays POST for all of them, as WHIP wants and as Amazon IVS relies on. */
const redirects = new Set([301, 302, 303, 307, 308]);

/** Most bytes of an answer or of an error that are read. */
const maxBodyBytes = 256 * 1024;

/** How long the exchange may take by default, in milliseconds. A stage waits 10 seconds for a publisher to connect. */
const defaultTimeoutMs = 15_000;

/** How to join. */
export interface ConnectOptions {
  /** Takes the offer: a WHIP or WHEP endpoint, or a URL of `stageEndpoints`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. Absent for servers that ask for none. */
  readonly token?: string;
  /** Hosts, beside those of the service, to which a redirect may take the token. Default none. */
  readonly trustedHosts?: readonly string[];
  /** How long the exchange may take, redirects included, in milliseconds. Default 15 000. */
  readonly timeoutMs?: number;
  /** Gives up the exchange; once joined, use `close`. */
  readonly signal?: AbortSignal;
}

/** A place on a stage. */
export interface StageSession extends AsyncDisposable {
  /** The session's own URL; undefined where the server gives none. */
  readonly location: string | undefined;
  /** Leaves: tells the stage (DELETE) and closes the peer connection. Never rejects: leaving cannot fail. */
  close(): Promise<void>;
}

/**
 * Publishes what the transceivers of a peer connection send, by WHIP (RFC 9725). Add the tracks first, for instance with
 * `WeriftVideo.connect`. Resolves when the stage has answered; the connection comes about after that.
 *
 * Rejects with `TokenError` when the token does not open the stage, with `RemoteError` for any other refusal, with
 * `ConnectError` `timeout` when the server takes longer than `timeoutMs`, and with the reason of `signal`. The peer connection is left open then.
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
  if (!(timeoutMs > 0 && timeoutMs < 2 ** 31)) throw new RangeError(`timeoutMs must be positive, got ${timeoutMs}`);
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
    throw new TypeError("url must be an http or https URL");
  }
  if (token !== undefined) checkToken(token);
  guardTransports(pc);
  // The protocol has no trickle: the offer is complete when all candidates are gathered.
  await pc.setLocalDescription(await pc.createOffer());
  const offer = pc.localDescription?.sdp;
  if (offer === undefined) throw new TypeError("the peer connection is closed");
  const { url, response } = await post(offer, options);
  if (!response.ok) throw refusal(response.status, await readBody(response));
  const session = new JoinedSession(pc, sessionUrl(response.headers.get("location"), url, options), token);
  try {
    const body = await readBody(response);
    signal.throwIfAborted();
    if (!body.startsWith("v=0"))
      throw new RemoteError(response.status, body, "the stage answered without an SDP answer");
    await pc.setRemoteDescription({ type: "answer", sdp: spreadCandidates(body) });
  } catch (error) {
    await session.leave();
    throw error;
  }
  return session;
}

/** The text of a response, as far as it is read. */
async function readBody(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let left = maxBodyBytes;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk.subarray(0, left));
    left -= chunk.length;
    // Leaving the loop cancels what is still to come.
    if (left <= 0) break;
  }
  return Buffer.concat(chunks).toString();
}

function checkToken(token: string): void {
  if (!/^[\x21-\x7e]+$/.test(token)) throw new TokenError("malformed");
  const { exp, nbf } = readClaims(token) ?? {};
  const now = Date.now() / 1000;
  if (typeof exp === "number" && exp <= now) throw new TokenError("expired");
  // A minute for clocks that differ.
  if (typeof nbf === "number" && nbf > now + 60) throw new TokenError("not-yet-valid");
}

async function post(offer: string, options: ConnectOptions): Promise<{ url: URL; response: Response }> {
  let url = new URL(options.url);
  for (let redirected = 0; ; redirected++) {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/sdp", ...authorization(options.token) },
      body: offer,
      redirect: "manual",
      signal: options.signal ?? null,
    });
    if (!redirects.has(response.status)) return { url, response };
    await response.body?.cancel();
    if (redirected === maxRedirects) {
      throw new RemoteError(response.status, "", `the stage redirects more than ${maxRedirects} times`);
    }
    url = followedUrl(url, response.headers.get("location"), response.status, options.trustedHosts ?? []);
  }
}

function refusal(status: number, body: string): RemoteError | TokenError {
  const error = new RemoteError(status, body);
  if (status !== 401) return error;
  return new TokenError(isTokenErrorCode(error.code) ? error.code : "refused", { cause: error });
}

/** The session's URL, if a DELETE with the token may go there. */
function sessionUrl(location: string | null, from: URL, { trustedHosts }: ConnectOptions): string | undefined {
  try {
    return followedUrl(from, location, 201, trustedHosts ?? []).href;
  } catch {
    return undefined;
  }
}

function authorization(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

class JoinedSession implements StageSession {
  readonly location: string | undefined;
  readonly #pc: RTCPeerConnection;
  readonly #token: string | undefined;
  #left: Promise<void> | undefined;

  constructor(pc: RTCPeerConnection, location: string | undefined, token: string | undefined) {
    this.#pc = pc;
    this.location = location;
    this.#token = token;
  }

  async close(): Promise<void> {
    await this.leave();
    await sendCloseNotify(this.#pc);
    await this.#pc.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Tells the stage, once. What it answers changes nothing: it ends sessions by itself too. */
  leave(): Promise<void> {
    this.#left ??= this.#delete();
    return this.#left;
  }

  async #delete(): Promise<void> {
    if (this.location === undefined) return;
    try {
      const response = await fetch(this.location, {
        method: "DELETE",
        headers: authorization(this.#token),
        redirect: "manual",
        signal: AbortSignal.timeout(3000),
      });
      await response.body?.cancel();
    } catch {
      // Unreachable: the stage will notice that the connection is gone.
    }
  }
}
