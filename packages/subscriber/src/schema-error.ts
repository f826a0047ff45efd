import type { StandardSchemaV1 } from "@standard-schema/spec";

/**
 * Why a message was not delivered.
 *
 * - `invalid-value`: its value does not fit the schema (fix the publisher).
 * - `schema-failed`: the schema threw or rejected, see `cause` (fix the schema).
 * - `schema-slow`: too many messages wait for the schema, so this one was dropped (fix the schema).
 */
export type SchemaErrorCode = "invalid-value" | "schema-failed" | "schema-slow";

/** A message that was not delivered because of the schema of its topic. */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
  readonly code: SchemaErrorCode;
  declare readonly topic: string;
  /** Id of the message. */
  declare readonly id: string;
  /** The issues that the schema found, for `invalid-value`. */
  readonly issues: readonly StandardSchemaV1.Issue[] = [];

  constructor(
    code: SchemaErrorCode,
    message: string,
    details: { topic: string; id: string; issues?: readonly StandardSchemaV1.Issue[]; cause?: unknown },
  ) {
    super(message, details);
    this.code = code;
    Object.assign(this, details);
  }
}
