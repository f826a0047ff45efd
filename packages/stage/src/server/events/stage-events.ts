import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { TokenError } from "@inband/stage-protocol";
import { BoundedMap } from "@inband/stream";
import type { Hono } from "hono";
import { type WebSocket, WebSocketServer } from "ws";
import type { AllowedOrigins } from "../http/allowed-origins.ts";
import { refuseUpgrade } from "../http/refuse-upgrade.ts";
import type { Participants } from "../sessions/participants.ts";
import { maxOfferBytes, type StageOptions } from "../stage-options.ts";
import type { TokenClaims, TokenIssuer } from "../token.ts";
import type { ClientMessage } from "./client-message.ts";
import { EventSocket } from "./event-socket.ts";
import { offerOverSocket } from "./socket-offer.ts";
import { stageState } from "./stage-state.ts";

/** An offer in JSON, each of its bytes escaped at worst as `\n` is. */
const maxMessageBytes = 2 * maxOfferBytes;

/** Sockets that are open at once, those that are about to be refused included. */
const maxSockets = 1000;

/** Offers of one socket that are not answered yet. */
const maxPendingOffers = 24;

/** Participants that were kicked last, as the state names them. */
const maxKicked = 100;

/** Codes by which the Amazon IVS SDK tells a client why it may not join; `TOKEN_INVALID` for those that are not listed. */
const joinErrors: Readonly<Partial<Record<TokenError["code"], string>>> = {
  missing: "TOKEN_MISSING",
  expired: "TOKEN_EXPIRED",
  "bad-signature": "TOKEN_INVALID_SIGNATURE",
  revoked: "PARTICIPANT_DISCONNECTED",
};

/** What a `StageEvents` needs of its stage. */
export interface StageEventsContext {
  readonly participants: Participants;
  readonly tokens: TokenIssuer;
  /** Takes the offers that come over a socket. */
  readonly app: Hono;
  readonly origins: AllowedOrigins;
  readonly options: StageOptions;
}

/**
 * The events socket of a stage, which the Amazon IVS Web Broadcast SDK joins by: a WebSocket whose subprotocol is the
 * token. It tells who is on the stage, at the opening and at each change, and takes offers, what clients say of their
 * sound and picture, and new tokens.
 */
export class StageEvents {
  readonly #context: StageEventsContext;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    handleProtocols: (protocols) => protocols.values().next().value ?? false,
  });
  readonly #joined = new Map<string, EventSocket>();
  readonly #kicked = new BoundedMap<string, true>(maxKicked);
  #state: string;

  constructor(context: StageEventsContext) {
    this.#context = context;
    this.#state = JSON.stringify(stageState([], []));
  }

  /** Takes a request for an upgrade of the HTTP server. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    this.#upgrade(request, socket, head).catch(() => socket.destroy());
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const token = request.headers["sec-websocket-protocol"]?.split(",")[0]?.trim();
    const verified = await this.#verify(token);
    // Asked when the token has been looked at: the stage may have been closed meanwhile.
    const refusal = this.#refusal(request);
    const isToldOverSocket = new URLSearchParams(request.url?.split("?")[1]).has("error_over_ws");
    if (refusal !== undefined) refuseUpgrade(socket, refusal);
    else if (verified instanceof TokenError && !isToldOverSocket) refuseUpgrade(socket, 401);
    else this.#server.handleUpgrade(request, socket, head, (ws) => this.#open(ws, request, token ?? "", verified));
  }

  #refusal({ headers: { origin, host } }: IncomingMessage): number | undefined {
    if (!this.#context.origins.admit(origin, host)) return 403;
    const isFull = this.#server.clients.size >= maxSockets;
    return isFull || this.#context.participants.isClosed ? 503 : undefined;
  }

  /** Tells everybody who is there, and who was kicked. */
  update(): void {
    const state = JSON.stringify(stageState(this.#context.participants.list(), this.#kicked.keys()));
    if (state === this.#state) return;
    this.#state = state;
    for (const socket of this.#joined.values()) socket.sendState(state);
  }

  /** Has the next state name a participant as kicked. */
  kicked(participantId: string): void {
    this.#kicked.renew(participantId, true);
  }

  async #verify(token: string | undefined): Promise<TokenClaims | TokenError> {
    try {
      if (token === undefined) throw new TokenError("missing");
      return await this.#context.tokens.verify(token);
    } catch (error) {
      return error instanceof TokenError ? error : new TokenError("malformed");
    }
  }

  #open(ws: WebSocket, request: IncomingMessage, token: string, verified: TokenClaims | TokenError): void {
    if (verified instanceof TokenError) {
      const refused = new EventSocket(ws, { received() {}, closed() {} });
      refused.refuse(joinErrors[verified.code] ?? "TOKEN_INVALID", verified.message);
      return;
    }
    const { participants, options } = this.#context;
    const { participantId } = verified;
    let leave = () => {};
    let pendingOffers = 0;
    const shown: ShownToken = { token, claims: verified };
    const failed = (error: unknown): void => options.logger?.error("a message to the stage failed", error);
    const socket = new EventSocket(ws, {
      received: (message) => {
        if (message.type !== "offer") {
          this.#receive(socket, shown, message).catch(failed);
        } else if (pendingOffers < maxPendingOffers) {
          pendingOffers += 1;
          offerOverSocket(this.#context.app, message, shown.token, request)
            .then((answer) => socket.send("SDP_ANSWER", answer), failed)
            .finally(() => {
              pendingOffers -= 1;
            });
        }
      },
      closed: () => {
        if (this.#joined.get(participantId) === socket) this.#joined.delete(participantId);
        leave();
        options.logger?.info(`participant ${participantId} left the events socket`);
      },
    });
    if (!participants.hasPlace(participantId)) {
      socket.send("DISCONNECT", { code: "MAX_CONCURRENT_CONNECTIONS", reason: "the stage is full" });
      ws.close(1008);
      return;
    }
    this.#joined.get(participantId)?.end("token-reused");
    this.#kicked.delete(participantId);
    leave = participants.enter(verified, { isSilent: false, end: (reason) => socket.end(reason) });
    options.logger?.info(`participant ${participantId} joined the events socket`);
    this.update();
    this.#joined.set(participantId, socket);
    socket.sendState(this.#state);
  }

  async #receive(
    socket: EventSocket,
    shown: ShownToken,
    message: Exclude<ClientMessage, { readonly type: "offer" }>,
  ): Promise<void> {
    switch (message.type) {
      case "ping":
        socket.sendPong();
        return;
      case "set-state":
        this.#context.participants.setState(shown.claims.participantId, message);
        return;
      case "exchange-token": {
        const { requestId, traceId, token } = message;
        const claims = await this.#verify(token);
        const refusal = refusalOf(claims, shown.claims);
        if (!(claims instanceof TokenError) && refusal === undefined) {
          this.#context.tokens.exchange(shown.claims, claims);
          Object.assign(shown, { token, claims });
          await this.#context.participants.exchange(claims);
        }
        const error = refusal === undefined ? {} : { error: { message: refusal } };
        socket.send("EXCHANGE_TOKEN", { requestId, traceId, ...error });
      }
    }
  }
}

/** The token that a client has shown last, and what it says. */
interface ShownToken {
  token: string;
  claims: TokenClaims;
}

/** Why a client that has shown a token may not go on with another one. */
function refusalOf(claims: TokenClaims | TokenError, { participantId }: TokenClaims): string | undefined {
  if (claims instanceof TokenError) return claims.message;
  return claims.participantId === participantId ? undefined : "the token is for another participant";
}
