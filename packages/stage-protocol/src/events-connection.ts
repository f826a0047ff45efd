import type { Connection } from "./kept-connection.ts";
import { RemoteError } from "./remote-error.ts";
import { RemovedError } from "./removed-error.ts";
import { participantsIn, type StageParticipant } from "./stage-participant.ts";
import { TokenError, type TokenErrorCode } from "./token-error.ts";

/** What is needed of a WebSocket: that of the platform, or of `ws`. */
export interface EventsSocket {
  readonly readyState: number;
  send(text: string): void;
  close(): void;
  /** Ends it without a word to the other side. A page has no such thing; there `close` has to do. */
  terminate?(): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "error", listener: (event: { readonly error?: unknown }) => void): void;
  addEventListener(type: "close", listener: () => void): void;
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
/** One that answers none of so many pings, within 30 seconds as for the Amazon IVS SDK, is gone. */
const missedPings = 2;
const exchangeWithinMs = 5000;

const open = 1;
const closed = 3;

/** What a JOIN_ERROR says of a token. */
const tokenErrors: Readonly<Record<string, TokenErrorCode>> = {
  TOKEN_MISSING: "missing",
  TOKEN_EXPIRED: "expired",
  TOKEN_INVALID_SIGNATURE: "bad-signature",
  TOKEN_INVALID: "malformed",
  PARTICIPANT_DISCONNECTED: "revoked",
};

/** The address of the events socket, with what the Amazon IVS SDK asks of it. */
export function eventsAddress(eventsUrl: string, topic: string): string {
  const address = new URL(eventsUrl);
  address.search = String(new URLSearchParams({ error_over_ws: "1", topic: `${topic}/publishers` }));
  return address.href;
}

/**
 * Joins by the events socket of a stage, as the Amazon IVS SDK does. Resolves with the first state of the stage.
 *
 * @param socket Just made, with the token as its subprotocol.
 * @param participants Called with everybody who is there, at first and at each change.
 * @throws TokenError, RemovedError, the reason of the signal, or the error of the socket.
 */
export function connectEvents(
  socket: EventsSocket,
  signal: AbortSignal,
  participants: (participants: readonly StageParticipant[]) => void,
): Promise<EventsConnection> {
  return new Promise((resolve, reject) => {
    const exchanges = new Map<string, (error: string | undefined) => void>();
    let exchangeCount = 0;
    let end: (error: Error) => void = () => {};
    let cause: Error | undefined;
    const lost = new Promise<Error>((resolveLost) => {
      end = resolveLost;
    });
    const over = (): void => {
      clearTimeout(timer);
      clearInterval(pings);
      signal.removeEventListener("abort", drop);
      const error = cause ?? new Error("the events socket of the stage was closed");
      for (const settle of exchanges.values()) settle(error.message);
      end(error);
      reject(signal.aborted ? signal.reason : error);
    };
    const drop = (): void => {
      if (socket.terminate) {
        socket.terminate();
      } else {
        socket.close();
        // A page's socket waits for the other side's answer, which may not be there any more.
        over();
      }
    };
    const send = (type: string, payload?: object): void => {
      if (socket.readyState === open) socket.send(JSON.stringify({ type, payload }));
    };
    const timer = setTimeout(drop, stateWithinMs);
    let unanswered = 0;
    const pings = setInterval(() => {
      if (unanswered >= missedPings) {
        cause ??= new Error("the events socket of the stage has fallen silent");
        drop();
        return;
      }
      unanswered += 1;
      send("PING");
    }, pingEveryMs);
    signal.addEventListener("abort", drop, { once: true });
    socket.addEventListener("error", ({ error }) => {
      if (error instanceof Error) cause ??= error;
    });
    socket.addEventListener("close", over);
    socket.addEventListener("message", ({ data }) => {
      unanswered = 0;
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
      exchangeCount += 1;
      const requestId = String(exchangeCount);
      return new Promise((resolveExchange, rejectExchange) => {
        const settle = (error: string | undefined): void => {
          clearTimeout(overdue);
          exchanges.delete(requestId);
          if (error === undefined) resolveExchange();
          else rejectExchange(new RemoteError(0, "", `the stage does not take the token: ${error}`));
        };
        const overdue = setTimeout(settle, exchangeWithinMs, "it has not answered");
        exchanges.set(requestId, settle);
        send("aws:ivs:EXCHANGE_TOKEN", { oldToken, newToken, requestId, traceId: requestId });
      });
    }
  });
}

function close(socket: EventsSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== closed && socket.terminate) socket.addEventListener("close", () => resolve());
    else resolve();
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
