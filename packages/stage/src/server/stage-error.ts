/** Statuses that the stage answers with. */
export type StageErrorStatus = 400 | 401 | 403 | 404 | 405 | 406 | 409 | 413 | 415 | 422 | 429 | 500 | 503;

/** A request that the stage answers with an error status and the body `{ error_code, error_message }`. */
export class StageError extends Error {
  override readonly name = "StageError";
  readonly status: StageErrorStatus;
  readonly code: string;

  constructor(status: StageErrorStatus, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.code = code;
  }
}
