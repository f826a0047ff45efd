import { WebSocket } from "ws";
import { TokenError, type TokenErrorCode } from "../token-error.ts";
import type { Connection } from "./kept-connection.ts";
import { RemoteError } from "./remote-error.ts";
import { RemovedError } from "./removed-error.ts";

/** A participant of a stage, as its events socket tells of it. */
export interface StageParticipant {
  readonly participantId: string;
  readonly userId: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly isPublishing: boolean;
  readonly audioMuted: boolean;
  readonly videoStopped: boolean;
}

/** An events socket that is open. */
export interface EventsConnection extends Connection {
  /**
   * Has the stage go on with another token of the same participant.
   *
   * @throws RemoteError where it does not take it.
   */
  exchangeToken(token: string, oldToken: string): Promise<void>;
}

/** A server that sends no state is not one of a stage, in milliseconds. */
const stateWithinMs = 12_000;
const pingEveryMs = 15_000;
const exchangeWithinMs = 5000;

/** What a JOIN_ERROR says of a token. */
const tokenErrors: Readonly<Record<string, TokenErrorCode>> = {
  TOKEN_MISSING: "missing",
  TOKEN_EXPIRED: "expired",
  TOKEN_INVALID_SIGNATURE: "bad-signature",
  TOKEN_INVALID: "malformed",
  PARTICIPANT_DISCONNECTED: "revoked",
};

/**
 * Joins by the events socket of a stage, as the Amazon IVS SDK does. Resolves with the first state of the stage.
 *
 * @param participants Called with everybody who is there, at first and at each change.
 * @throws TokenError, RemovedError, the reason of the signal, or the error of the socket.
 */
export function connectEvents(
  { url, topic, token, signal }: { url: string; topic: string; token: string; signal: AbortSignal },
  participants: (participants: readonly StageParticipant[]) => void,
): Promise<EventsConnection> {
  return new Promise((resolve, reject) => {
    const address = new URL(url);
    address.search = String(new URLSearchParams({ error_over_ws: "1", topic: `${topic}/publishers` }));
    const socket = new WebSocket(address, token);
    const exchanges = new Map<string, (error: string | undefined) => void>();
    let end: (error: Error) => void = () => {};
    let cause: Error | undefined;
    const lost = new Promise<Error>((resolveLost) => {
      end = resolveLost;
    });
    const timer = setTimeout(() => socket.terminate(), stateWithinMs);
    const pings = setInterval(() => socket.send('{"type":"PING"}', () => {}), pingEveryMs);
    pings.unref();
    const abort = (): void => socket.terminate();
    signal.addEventListener("abort", abort, { once: true });
    socket.on("error", (error) => {
      cause ??= error;
    });
    socket.on("close", () => {
      clearTimeout(timer);
      clearInterval(pings);
      signal.removeEventListener("abort", abort);
      const error = cause ?? new Error("the events socket of the stage was closed");
      for (const settle of exchanges.values()) settle(error.message);
      end(error);
      reject(signal.aborted ? signal.reason : error);
    });
    socket.on("message", (data) => {
      const { type, payload } = parse(String(data));
      if (type === "aws:ivs:STAGE_STATE" || type === "STAGE_STATE") {
        clearTimeout(timer);
        participants(participantsIn(payload));
        resolve({ lost, close: () => close(socket), exchangeToken });
      } else if (type === "aws:ivs:JOIN_ERROR") {
        cause = new TokenError(tokenErrors[String(payload.code)] ?? "refused");
        socket.close();
      } else if (type === "aws:ivs:DISCONNECT") {
        cause = new RemovedError(
          payload.code === "TOKEN_REUSED" ? "joined-elsewhere" : "removed",
          String(payload.reason),
        );
        socket.close();
      } else if (type === "aws:ivs:EXCHANGE_TOKEN") {
        const { message } = (payload.error ?? {}) as { message?: unknown };
        exchanges.get(String(payload.requestId))?.(payload.error === undefined ? undefined : String(message));
      }
    });

    function exchangeToken(newToken: string, oldToken: string): Promise<void> {
      const requestId = crypto.randomUUID();
      return new Promise((resolveExchange, rejectExchange) => {
        const settle = (error: string | undefined): void => {
          clearTimeout(overdue);
          exchanges.delete(requestId);
          if (error === undefined) resolveExchange();
          else rejectExchange(new RemoteError(0, "", `the stage does not take the token: ${error}`));
        };
        const overdue = setTimeout(settle, exchangeWithinMs, "it has not answered");
        exchanges.set(requestId, settle);
        const exchange = { oldToken, newToken, requestId, traceId: requestId };
        socket.send(JSON.stringify({ type: "aws:ivs:EXCHANGE_TOKEN", payload: exchange }), () => {});
      });
    }
  });
}

function close(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === WebSocket.CLOSED) return resolve();
    socket.once("close", () => resolve());
    socket.close();
  });
}

function parse(text: string): { readonly type?: unknown; readonly payload: Readonly<Record<string, unknown>> } {
  try {
    const message: unknown = JSON.parse(text);
    const { type, payload } = Object(message) as { type?: unknown; payload?: unknown };
    return { type, payload: Object(payload) as Record<string, unknown> };
  } catch {
    return { payload: {} };
  }
}

function participantsIn({ participants }: Readonly<Record<string, unknown>>): StageParticipant[] {
  if (!Array.isArray(participants)) return [];
  return participants.map((participant) => {
    const { id, userId, attributes, isPublishing, audioMuted, videoStopped } = Object(participant);
    return {
      participantId: String(id),
      userId: String(userId ?? ""),
      attributes: Object(attributes),
      isPublishing: isPublishing === true,
      audioMuted: audioMuted === true,
      videoStopped: videoStopped === true,
    };
  });
}
