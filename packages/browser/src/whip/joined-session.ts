import { followedUrl } from "@inband/stage-protocol";
import { authorization } from "./post-offer.ts";
import { sessionDeleteTarget } from "./session-delete.ts";
import type { WhipSession } from "./whip-session.ts";

/** What a session is ended with. */
export interface SessionCredentials {
  readonly token: string | undefined;
  readonly trustedHosts: readonly string[];
}

/** A session that has been joined. It ends with the page. */
export class JoinedSession implements WhipSession {
  readonly location: string | undefined;
  readonly #connection: RTCPeerConnection;
  readonly #token: string | undefined;
  readonly #beacon: string | undefined;
  readonly #pageGoes = (): void => this.#leaveByBeacon();
  #hasLeft = false;

  constructor(connection: RTCPeerConnection, { url, headers }: Response, credentials: SessionCredentials) {
    this.#connection = connection;
    this.#token = credentials.token;
    const at = (place: string | null): string | undefined => placeOf(new URL(url), place, credentials.trustedHosts);
    this.location = at(headers.get("location"));
    this.#beacon = at(sessionDeleteTarget(headers.get("link")));
    globalThis.addEventListener?.("pagehide", this.#pageGoes);
  }

  close(): void {
    this.#connection.close();
    this.leave();
  }

  /** Tells the server, once. What it answers does not matter: it ends sessions by itself too. */
  leave(): void {
    if (!this.#end() || this.location === undefined) return;
    const request = { method: "DELETE", headers: authorization(this.#token), keepalive: true };
    fetch(this.location, request).catch(() => undefined);
  }

  /** A DELETE to another origin needs a preflight, for which a page that goes has no time. */
  #leaveByBeacon(): void {
    if (this.#beacon === undefined) this.leave();
    else if (this.#end()) navigator.sendBeacon(this.#beacon, JSON.stringify({ authorization: this.#token }));
  }

  #end(): boolean {
    globalThis.removeEventListener?.("pagehide", this.#pageGoes);
    const isFirst = !this.#hasLeft;
    this.#hasLeft = true;
    return isFirst;
  }
}

/** A place that the server names, if the token may go there. */
function placeOf(from: URL, place: string | null, trustedHosts: readonly string[]): string | undefined {
  try {
    return followedUrl(from, place, 201, trustedHosts).href;
  } catch {
    return undefined;
  }
}
