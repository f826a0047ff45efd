import { TokenError } from "@inband/stage-protocol";
import { StageError, type StageErrorStatus } from "../stage-error.ts";

/** How the stage answers a request that it refuses. */
export interface ErrorAnswer {
  readonly status: StageErrorStatus;
  readonly body: {
    readonly error_code: string;
    readonly error_message: string;
    /** For the Amazon IVS Web Broadcast SDK, which reads nothing else. */
    readonly code: number;
  };
}

const unspecified = 2001;

/** The numbers by which that SDK, 1.41.0, tells refusals apart. What it does not tell apart is `unspecified`. */
const sdkCodes: Readonly<Record<string, number>> = {
  expired: 2002,
  missing: 2003,
  malformed: 2003,
  "bad-signature": 2003,
  "not-yet-valid": 2003,
  "wrong-audience": 2003,
  revoked: 2003,
  exchanged: 2003,
  "may-not-publish": 2003,
  "may-not-subscribe": 2003,
  "may-not-publish-messages": 2003,
  "not-yours": 2003,
  "not-publishing": 2004,
  "too-many-participants": 2005,
  "too-many-publishers": 2005,
  "too-many-subscriptions": 2005,
  "already-publishing": 2010,
  "too-many-pending": 2013,
  "no-h264": 2014,
};

/** Statuses under which it reads those numbers, where others are right for everybody else. */
const sdkStatuses: Readonly<Record<string, StageErrorStatus>> = { "already-publishing": 500, "no-h264": 403 };

/** The answer to an error, in the form for the Amazon IVS SDK where `isSdk`. One that is not the stage's own says no more. */
export function errorAnswer(error: unknown, isSdk: boolean): ErrorAnswer {
  const { code, message, status } = refusalOf(error);
  return {
    status: (isSdk ? sdkStatuses[code] : undefined) ?? status,
    body: { error_code: code, error_message: message, code: sdkCodes[code] ?? unspecified },
  };
}

function refusalOf(error: unknown): StageError {
  if (error instanceof StageError) return error;
  if (error instanceof TokenError) return new StageError(401, error.code, error.message);
  return new StageError(500, "internal", "the stage failed to handle the request");
}
