/**
 * - `queue-full`: as many pictures wait as may; this one was not taken.
 * - `not-running`: the pipeline was not started, or has been stopped.
 */
export type PipelineErrorCode = "queue-full" | "not-running";

/** A picture that the pipeline does not take. */
export class PipelineError extends Error {
  override readonly name = "PipelineError";
  readonly code: PipelineErrorCode;

  constructor(code: PipelineErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
