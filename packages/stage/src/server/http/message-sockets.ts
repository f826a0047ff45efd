import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { TokenError } from "@inband/stage-protocol";
import { type WebSocket, WebSocketServer } from "ws";
import type { MessagePort } from "../forwarding/message-port.ts";
import type { Participants } from "../sessions/participants.ts";
import { StageError } from "../stage-error.ts";
import type { TokenIssuer } from "../token.ts";
import type { AllowedOrigins } from "./allowed-origins.ts";
import { bearerToken } from "./bearer-token.ts";
import { errorAnswer } from "./error-answer.ts";
import type { MessageAudience } from "./message-audience.ts";
import type { StageMetrics } from "./metrics.ts";
import { refuseUpgrade } from "./refuse-upgrade.ts";

/** Readers at once, of all participants. */
const maxReaders = 1000;

/** As for server-sent events: a reader that lets more wait is let go, and says when it comes back what it heard last. */
const maxWaitingBytes = 4 * 1024 * 1024;

/** A reader that has not answered one ping when the next is due has vanished, or does not read. */
const pingEveryMs = 5000;

/** Close codes of RFC 6455 7.4.1. */
const closeCodes = { normal: 1000, violatesPolicy: 1008 } as const;

/** Where the stage is mounted is the application's. */
const resource = /\/([^/?]+)\/messages(?:\?|$)/;

/** What the sockets need of their stage. */
export interface MessageSocketsContext {
  readonly participants: Participants;
  readonly tokens: TokenIssuer;
  readonly metrics: StageMetrics;
  readonly audience: MessageAudience;
  readonly origins: AllowedOrigins;
}

/** Who reads, and what. */
interface Admitted {
  /** That of the token. */
  readonly participantId: string;
  readonly port: MessagePort;
}

/**
 * `GET /PARTICIPANT/messages` as a WebSocket: each entry is one text message of JSON, `{ id, event, data }`, as a
 * server-sent event has them. The token is the `Authorization`, or the subprotocol, since pages can set no headers; the id
 * that was heard last is `Last-Event-ID`, or `last-event-id` in the query. The socket is closed with 1000 when the video
 * ends, with 1008 when the participant of the token is removed. Readers say nothing: one that does is closed with 1008.
 */
export class MessageSockets {
  readonly #context: MessageSocketsContext;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: 1024,
    handleProtocols: (protocols) => protocols.values().next().value ?? false,
  });

  constructor(context: MessageSocketsContext) {
    this.#context = context;
  }

  /** Whether a request for an upgrade is for messages. */
  static takes({ url = "" }: IncomingMessage): boolean {
    return resource.test(url);
  }

  /** Takes a request for an upgrade of the HTTP server. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    this.#admit(request)
      .then(
        (admitted) =>
          this.#server.handleUpgrade(request, socket, head, (ws) => this.#read(ws, admitted, sinceOf(request))),
        (error) => this.#refuse(socket, error),
      )
      .catch(() => socket.destroy());
  }

  /** @throws StageError or TokenError for a request that may not read. */
  async #admit({ url = "", headers }: IncomingMessage): Promise<Admitted> {
    const { participants, tokens, origins } = this.#context;
    const { origin, host, authorization, "sec-websocket-protocol": protocols } = headers;
    if (!origins.admit(origin, host)) {
      throw new StageError(403, "foreign-origin", "pages of this origin may not call the stage");
    }
    if (participants.isClosed) throw new StageError(503, "closing", "the stage is closing");
    if (this.#server.clients.size >= maxReaders) {
      throw new StageError(429, "too-many-readers", `messages have ${maxReaders} readers already`);
    }
    const token = bearerToken(authorization) ?? protocols?.split(",")[0]?.trim();
    if (token === undefined) throw new TokenError("missing");
    const claims = await tokens.verify(token);
    if (!claims.canSubscribeMessages) {
      throw new StageError(403, "may-not-subscribe", "the token does not allow receiving");
    }
    return { participantId: claims.participantId, port: participants.messages(participantIn(url)) };
  }

  #refuse(socket: Duplex, error: unknown): void {
    const { status, body } = errorAnswer(error, false);
    this.#context.metrics.refused(body.error_code);
    refuseUpgrade(socket, status, body);
  }

  #read(ws: WebSocket, { participantId, port }: Admitted, since: string | undefined): void {
    const ended = this.#context.audience.enter(participantId, () =>
      ws.close(closeCodes.violatesPolicy, "the participant was removed from the stage"),
    );
    let isAlive = true;
    const pings = setInterval(() => {
      if (!isAlive) return ws.terminate();
      isAlive = false;
      ws.ping();
    }, pingEveryMs);
    pings.unref();
    ws.on("pong", () => {
      isAlive = true;
    });
    // What is wrong with the connection ends it.
    ws.on("error", () => {});
    ws.on("message", () => ws.close(closeCodes.violatesPolicy, "this socket only sends messages"));
    const stop = port.read((entry) => {
      if (ws.readyState !== ws.OPEN) return;
      if (!entry) ws.close(closeCodes.normal, "the video has ended");
      else if (ws.bufferedAmount > maxWaitingBytes) ws.terminate();
      else ws.send(textOf(entry), () => {});
    }, since);
    ws.on("close", () => {
      clearInterval(pings);
      stop();
      ended();
    });
  }
}

function participantIn(url: string): string {
  try {
    return decodeURIComponent(resource.exec(url)?.[1] ?? "");
  } catch {
    throw new StageError(404, "not-publishing", "there is no such participant");
  }
}

function sinceOf({ url = "", headers }: IncomingMessage): string | undefined {
  const header = headers["last-event-id"];
  return typeof header === "string"
    ? header
    : (new URLSearchParams(url.split("?")[1]).get("last-event-id") ?? undefined);
}

/** The data of an entry is JSON. */
function textOf({ id, event, data }: { readonly id?: string; readonly event: string; readonly data: string }): string {
  return `{${id === undefined ? "" : `"id":${JSON.stringify(id)},`}"event":"${event}","data":${data}}`;
}
