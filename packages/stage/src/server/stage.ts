import { randomBytes, randomUUID } from "node:crypto";
import type { Hono } from "hono";
import type { Participant } from "./participant.ts";
import { Participants } from "./participants.ts";
import { stageApp } from "./stage-app.ts";
import type { StageOptions } from "./stage-options.ts";
import { TokenIssuer, type TokenOptions } from "./token.ts";

/** A real-time stage in this process. */
export interface Stage {
  /**
   * `POST /publish/PARTICIPANT`, `POST /subscribe/PARTICIPANT` and `DELETE` on the `Location` they answer with. Serve it
   * with `serveStage`, or mount it: `app.route("/stage", stage.app)`.
   */
  readonly app: Hono;
  /**
   * Makes a token.
   *
   * @throws TypeError or RangeError that names an option.
   */
  createToken(options: TokenOptions): Promise<string>;
  /** The participants who publish at the moment. */
  participants(): Participant[];
  /** Ends all sessions. */
  close(): Promise<void>;
}

/**
 * Makes a stage: participants publish H.264 and Opus to it, and it forwards them, untouched, to its subscribers.
 *
 * @throws RangeError for a secret of less than 32 bytes or a limit that is not a positive integer.
 */
export function createStage(options: StageOptions = {}): Stage {
  const tokens = new TokenIssuer(options.secret ?? randomBytes(32), options.topic ?? randomUUID());
  const participants = new Participants(options);
  return {
    app: stageApp(participants, tokens, options),
    createToken: (token) => tokens.sign(token),
    participants: () => participants.list(),
    close: () => participants.close(),
  };
}
