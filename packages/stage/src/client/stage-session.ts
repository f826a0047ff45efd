/// <reference lib="esnext.disposable" preserve="true" />
import { sendCloseNotify } from "@inband/werift";
import type { RTCPeerConnection } from "werift";
import { authorization } from "./offer-exchange.ts";

/** A place on a stage. */
export interface StageSession extends AsyncDisposable {
  /** The session's own URL; undefined where the server gives none. */
  readonly location: string | undefined;
  /** Leaves: tells the stage (DELETE) and closes the peer connection. Never rejects: leaving cannot fail. */
  close(): Promise<void>;
}

/** A session that has been joined. */
export class JoinedSession implements StageSession {
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
