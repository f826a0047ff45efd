/// <reference lib="esnext.disposable" preserve="true" />
import { authorization } from "./offer-exchange.ts";
import type { OfferingPeer } from "./offering-peer.ts";

/** A place on a stage. */
export interface StageSession extends AsyncDisposable {
  /** The session's own URL; undefined where the server gives none. */
  readonly location: string | undefined;
  /**
   * Resolves when the connection does not come about, or is lost or closed, to why: a `ConnectError` with werift. Never
   * rejects.
   */
  lost(): Promise<Error>;
  /** Leaves: tells the stage (DELETE) and closes the peer connection. Never rejects: leaving cannot fail. */
  close(): Promise<void>;
}

/** A session that has been joined. */
export class JoinedSession implements StageSession {
  readonly location: string | undefined;
  readonly #peer: OfferingPeer;
  readonly #token: string | undefined;
  #left: Promise<void> | undefined;

  constructor(peer: OfferingPeer, location: string | undefined, token: string | undefined) {
    this.#peer = peer;
    this.location = location;
    this.#token = token;
  }

  async close(): Promise<void> {
    await this.leave();
    await this.#peer.close();
  }

  lost(): Promise<Error> {
    return this.#peer.lost();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Tells the stage, once. What it answers does not matter: it ends sessions by itself too. */
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
