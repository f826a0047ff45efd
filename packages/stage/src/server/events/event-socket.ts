import { WakeTimer } from "@inband/stream";
import type { RawData, WebSocket } from "ws";
import type { EndReason } from "../sessions/roster.ts";
import { type ClientMessage, readClientMessage } from "./client-message.ts";

/** A client that reads so slowly that more than this waits is let go. It comes back and gets the state as it is then. */
const maxWaitingBytes = 1024 * 1024;

/** A client is asked for a sign of life every 2 seconds, and taken for gone when it has given none for 5 to 6. */
const pingEveryMs = 2000;
const missedPings = 2;

/** Messages at once, and then a second. The SDK sends one in 15 seconds, and a few for each participant. */
const burst = 60;
const messagesPerSecond = 10;

/** Close codes of RFC 6455 7.4.1. */
const closeCodes = { goingAway: 1001, violatesPolicy: 1008 } as const;

/** How the end of a presence is told, `DISCONNECT` of the Amazon IVS SDK; it comes back by itself after any other end. */
const disconnects: Readonly<Partial<Record<EndReason, { readonly code: string; readonly reason: string }>>> = {
  kicked: { code: "PARTICIPANT_DISCONNECTED", reason: "the participant was removed from the stage" },
  "token-reused": { code: "TOKEN_REUSED", reason: "the participant has joined from elsewhere" },
};

/** What the owner of an `EventSocket` is told. */
export interface EventSocketEvents {
  received(message: ClientMessage): void;
  closed(): void;
}

/** One client of the events socket. It is closed when it floods, does not read, or has vanished. */
export class EventSocket {
  readonly #socket: WebSocket;
  readonly #pings = new WakeTimer(() => this.#ping());
  #unanswered = 0;
  #stateNumber = 0;
  #allowance = burst;
  #allowanceAtMs = performance.now();

  constructor(socket: WebSocket, events: EventSocketEvents) {
    this.#socket = socket;
    socket.on("message", (data, isBinary) => this.#read(data, isBinary, events));
    socket.on("pong", () => {
      this.#unanswered = 0;
    });
    // What is wrong with the connection ends it, and that is told.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#pings.stop();
      events.closed();
    });
    this.#pings.after(pingEveryMs);
  }

  /** Sends a message that has a payload. */
  send(type: string, payload: object): void {
    this.#write(JSON.stringify({ type: `aws:ivs:${type}`, payload }));
  }

  sendPong(): void {
    this.#write('{"type":"PONG"}');
  }

  /** Sends the state of the stage, as JSON that is the same for all, under the next number of this socket. */
  sendState(state: string): void {
    const payload = `{"sequenceNumber":${++this.#stateNumber},${state.slice(1)}`;
    this.#write(`{"type":"aws:ivs:STAGE_STATE","payload":${payload}}`);
  }

  /** Refuses a client that may not join. */
  refuse(code: string, message: string): void {
    this.send("JOIN_ERROR", { code, message, fatal: true });
    this.#socket.close(closeCodes.violatesPolicy);
  }

  end(reason: EndReason): void {
    const disconnect = disconnects[reason];
    if (disconnect) this.send("DISCONNECT", disconnect);
    this.#socket.close(disconnect ? closeCodes.violatesPolicy : closeCodes.goingAway);
  }

  #write(text: string): void {
    if (this.#socket.bufferedAmount > maxWaitingBytes) this.#socket.terminate();
    else this.#socket.send(text, () => {});
  }

  #read(data: RawData, isBinary: boolean, events: EventSocketEvents): void {
    this.#unanswered = 0;
    const nowMs = performance.now();
    this.#allowance = Math.min(burst, this.#allowance + ((nowMs - this.#allowanceAtMs) / 1000) * messagesPerSecond);
    this.#allowanceAtMs = nowMs;
    if (--this.#allowance < 0) {
      this.#socket.close(closeCodes.violatesPolicy, "too many messages");
      return;
    }
    const message = isBinary ? undefined : readClientMessage(String(data));
    if (message) events.received(message);
  }

  #ping(): void {
    if (this.#unanswered++ >= missedPings) {
      this.#socket.terminate();
      return;
    }
    this.#socket.ping();
    this.#pings.after(pingEveryMs);
  }
}
