/**
 * Says why a message does not leave through the SDK, which itself writes a warning to the console at most.
 *
 * - `other-uuid`: the message is not under the UUID of Amazon IVS, the only one that the SDK writes. Give the publisher the
 *   profile `ivs()`, or `ivs({ envelope: true })`.
 * - `payload-size`: the SDK takes 1 to 1024 bytes.
 * - `refused`: the SDK did not take the message, though its limits were kept.
 * - `track-ended`: the track of the stream has ended, and a stream never gets another one.
 * - `not-sent`: a stage publishes, and sends another track: the strategy has replaced the stream. Attach a carrier for the one
 *   that took its place.
 */
export type IvsCarrierErrorCode = "other-uuid" | "payload-size" | "refused" | "track-ended" | "not-sent";

/** Given to the publisher that opened the carrier, and so to its `error` event; never thrown. */
export class IvsCarrierError extends Error {
  override readonly name = "IvsCarrierError";
  readonly code: IvsCarrierErrorCode;
  /** The message that was dropped; undefined if the error is about the stream. */
  readonly messageId: string | undefined;

  constructor(code: IvsCarrierErrorCode, message: string, messageId?: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.messageId = messageId;
  }
}
