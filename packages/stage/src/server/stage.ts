import { randomBytes, randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Hono } from "hono";
import { StageEvents } from "./events/stage-events.ts";
import { AllowedOrigins } from "./http/allowed-origins.ts";
import { MessageAudience } from "./http/message-audience.ts";
import { MessageSockets } from "./http/message-sockets.ts";
import { StageMetrics } from "./http/metrics.ts";
import { stageApp } from "./http/stage-app.ts";
import type { Participant } from "./sessions/participant.ts";
import { ParticipantWatch } from "./sessions/participant-watch.ts";
import { Participants } from "./sessions/participants.ts";
import { checkStageOptions, type StageOptions } from "./stage-options.ts";
import { TokenIssuer } from "./token.ts";
import type { TokenOptions } from "./token-options.ts";

/** Events of a stage, told within 20 milliseconds. */
export interface StageEventMap {
  /** A participant is there: by the events socket, or with its first session. */
  joined: [participant: Participant];
  /** Something about a participant is different: whether it publishes, its subscribers, what its token says, its mutes. */
  updated: [participant: Participant];
  /** A participant is gone, as it was last. One that vanished without a word is gone after 5 to 6 seconds. */
  left: [participant: Participant];
}

/** A real-time stage in this process. */
export interface Stage {
  /**
   * `POST /publish/PARTICIPANT`, `POST /subscribe/PARTICIPANT` and `DELETE` on the `Location` they answer with. Serve it
   * with `serveStage`, or mount it: `app.route("/stage", stage.app)`.
   */
  readonly app: Hono;
  /**
   * Serves the events socket at the `url` of the tokens, and `GET /PARTICIPANT/messages` as a WebSocket below it.
   * `serveStage` does it; for a server of your own:
   * `server.on("upgrade", stage.handleUpgrade)`, or only for the path that the stage is mounted at.
   */
  readonly handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /**
   * Makes a token.
   *
   * @throws TypeError or RangeError that names an option.
   */
  createToken(options: TokenOptions): Promise<string>;
  /** Who is on the stage: who publishes, who receives, and who has joined by the events socket. */
  participants(): Participant[];
  /**
   * Removes a participant: ends its sessions, its events socket and its reading of messages, and makes void the tokens that
   * it has. One that is made for it afterwards lets it in again. Does nothing where the participant is not there, but for
   * its tokens.
   */
  kick(participantId: string): void;
  /** Hears of participants, until the listener is taken off. */
  on<Name extends keyof StageEventMap>(name: Name, listener: (...args: StageEventMap[Name]) => void): void;
  off<Name extends keyof StageEventMap>(name: Name, listener: (...args: StageEventMap[Name]) => void): void;
  /** Ends all sessions, and the events sockets, whose clients are told that the server goes away. */
  close(): Promise<void>;
}

/**
 * Makes a stage: participants publish H.264 and Opus to it, and it forwards them, untouched, to its subscribers.
 *
 * @throws TypeError or RangeError that names an option.
 */
export function createStage(options: StageOptions = {}): Stage {
  checkStageOptions(options);
  const tokens = new TokenIssuer(options.secret ?? randomBytes(32), options.topic ?? randomUUID());
  const participants = new Participants(options);
  const audience = new MessageAudience();
  const metrics = new StageMetrics(participants, audience);
  const origins = new AllowedOrigins(options);
  const app = stageApp({ participants, tokens, origins, metrics, audience, options });
  const messages = new MessageSockets({ participants, tokens, metrics, audience, origins });
  const events = new StageEvents({ participants, tokens, app, origins, options });
  const emitter = new EventEmitter<StageEventMap>();
  const watch = new ParticipantWatch(
    () => participants.list(),
    ({ joined, updated, left }) => {
      events.update();
      for (const participant of joined) emitter.emit("joined", participant);
      for (const participant of updated) emitter.emit("updated", participant);
      for (const participant of left) emitter.emit("left", participant);
    },
  );
  participants.onChange(() => watch.touch());
  return {
    app,
    handleUpgrade(request, socket, head) {
      (MessageSockets.takes(request) ? messages : events).handleUpgrade(request, socket, head);
    },
    createToken: (token) => tokens.sign(token),
    participants: () => participants.list(),
    kick(participantId) {
      tokens.revoke(participantId);
      events.kicked(participantId);
      participants.kick(participantId);
      audience.kick(participantId);
    },
    on: (name, listener) => void emitter.on(name, listener as never),
    off: (name, listener) => void emitter.off(name, listener as never),
    close: () => participants.close(),
  };
}
