/**
 * Why a message was not taken.
 *
 * - `queue-full`: more messages or bytes wait than the queue holds.
 * - `payload-too-large`: the message is larger than the profile carries.
 * - `too-many-retained`: as many topics are retained as may be.
 * - `invalid-value`: the value does not fit the schema of its topic.
 * - `closed`: the publisher is closed.
 */
export type PublishErrorCode = "queue-full" | "payload-too-large" | "too-many-retained" | "invalid-value" | "closed";

/** Figures that go with a {@link PublishError}. */
export interface PublishErrorDetails {
  /** The limit that was met, in bytes. */
  readonly limitBytes?: number | undefined;
  /** The size of the message in bytes. */
  readonly actualBytes?: number | undefined;
  /** The limit that was met, in messages. */
  readonly limitMessages?: number | undefined;
  readonly cause?: unknown;
}

/** `publish` did not take the message; nothing of it was sent. */
export class PublishError extends Error {
  override readonly name = "PublishError";
  readonly code: PublishErrorCode;
  /** The limit that was met, in bytes, where one in bytes was. */
  readonly limitBytes: number | undefined;
  /** The size of the message in bytes, where that mattered; the least that it is, where it is far too large. */
  readonly actualBytes: number | undefined;
  /** The limit that was met, in messages, where one in messages was. */
  readonly limitMessages: number | undefined;

  constructor(code: PublishErrorCode, message: string, details: PublishErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.limitBytes = details.limitBytes;
    this.actualBytes = details.actualBytes;
    this.limitMessages = details.limitMessages;
  }
}
