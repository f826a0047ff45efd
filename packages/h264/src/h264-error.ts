/**
 * What is wrong with the bytes.
 *
 * - `truncated`: they end before what they announce.
 * - `forbidden-bit`: forbidden_zero_bit is 1 (7.4.1).
 * - `no-nal-unit`: there is no NAL unit, or not one of the type that the function reads.
 * - `bad-length`: a length field leads nowhere.
 * - `bad-value`: a syntax element has a value that the standard does not allow.
 * - `too-large`: it exceeds a limit of the format or of the caller.
 * - `unsupported`: it is legal, and inband does not read it.
 */
export type H264ErrorCode =
  | "truncated"
  | "forbidden-bit"
  | "no-nal-unit"
  | "bad-length"
  | "bad-value"
  | "too-large"
  | "unsupported";

/** Where an {@link H264Error} was found. */
export interface H264ErrorDetails {
  /** Byte offset in the parsed bytes, after removal of emulation prevention where the parser removes it. */
  readonly offset?: number;
  /** The clause that is violated, for example "H.264 7.3.2.3.1". */
  readonly clause?: string;
}

/** Thrown by the strict `parseX` and `splitX` functions for bytes that are not what they claim to be. */
export class H264Error extends Error {
  /** Always "H264Error". */
  override readonly name: string = "H264Error";
  /** What is wrong, for programs. */
  readonly code: H264ErrorCode;
  /** Byte offset in the parsed bytes, where it is known. */
  readonly offset: number | undefined;
  /** The violated clause, where there is one. */
  readonly clause: string | undefined;

  /** The message names the offset and the clause. */
  constructor(code: H264ErrorCode, message: string, details: H264ErrorDetails = {}) {
    const { offset, clause } = details;
    super(message + (offset === undefined ? "" : ` at byte ${offset}`) + (clause === undefined ? "" : ` (${clause})`));
    this.code = code;
    this.offset = offset;
    this.clause = clause;
  }
}
