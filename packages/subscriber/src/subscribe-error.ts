/**
 * Why a subscriber rejected a call.
 *
 * - `closed`: the subscriber is closed.
 */
export type SubscribeErrorCode = "closed";

/** A call that the subscriber rejected; nothing of it was done. */
export class SubscribeError extends Error {
  override readonly name = "SubscribeError";
  readonly code: SubscribeErrorCode;

  constructor(code: SubscribeErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
