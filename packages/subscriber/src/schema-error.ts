import type { StandardSchemaV1 } from "@standard-schema/spec";

/**
 * What went wrong with a value and its schema.
 *
 * - `invalid-value`: the value does not fit (the publisher acts).
 * - `schema-failed`: the schema threw or rejected, see `cause` (mend the schema).
 * - `schema-slow`: too many messages wait for the answers of the schema; this one was let go (mend the schema).
 */
export type SchemaErrorCode = "invalid-value" | "schema-failed" | "schema-slow";

/** A message that was not delivered because of the schema of its topic. */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
  readonly code: SchemaErrorCode;
  readonly topic: string;
  /** Id of the message. */
  readonly id: string;
  /** What the schema says about the value, for `invalid-value`. */
  readonly issues: readonly StandardSchemaV1.Issue[];

  constructor(
    code: SchemaErrorCode,
    message: string,
    details: { topic: string; id: string; issues?: readonly StandardSchemaV1.Issue[]; cause?: unknown },
  ) {
    super(message, details);
    this.code = code;
    this.topic = details.topic;
    this.id = details.id;
    this.issues = details.issues ?? [];
  }
}
