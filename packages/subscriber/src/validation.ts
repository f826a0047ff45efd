import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { DeliveredMessage } from "./received-message.ts";
import { SchemaError, type SchemaErrorCode } from "./schema-error.ts";

/** What becomes of a message. */
export interface ValidationOutcome<T, Origin> {
  /** It has no schema, or holds what its schema made of its value. */
  valid(message: DeliveredMessage<T>, origin: Origin): void;
  invalid(error: SchemaError, origin: Origin): void;
}

/** Messages of one topic and origin that wait for a schema that answers later. */
interface Line {
  count: number;
  end: Promise<void>;
}

type Result = StandardSchemaV1.Result<unknown>;

/** How many may wait in a line; beyond them new ones are let go. */
const maxWaiting = 256;

/** Holds the values of each topic against its schema. What follows a message that is waited for waits behind it. */
export class Validation<T, Origin extends object> {
  readonly #schemas: ReadonlyMap<string | undefined, StandardSchemaV1>;
  readonly #outcome: ValidationOutcome<T, Origin>;
  /** By origin and topic. */
  readonly #lines = new WeakMap<Origin, Map<string, Line>>();

  constructor(schemas: ReadonlyMap<string | undefined, StandardSchemaV1>, outcome: ValidationOutcome<T, Origin>) {
    this.#schemas = schemas;
    this.#outcome = outcome;
  }

  /** Passes a message on at once where its schema answers at once. */
  add(message: DeliveredMessage<T>, origin: Origin): void {
    const { id, topic } = message;
    const schema = this.#schemas.get(topic);
    if (topic === undefined || schema === undefined) {
      this.#outcome.valid(message, origin);
      return;
    }
    const refuse = (
      code: SchemaErrorCode,
      text: string,
      details?: Partial<StandardSchemaV1.FailureResult> & ErrorOptions,
    ) => this.#outcome.invalid(new SchemaError(code, `Topic ${topic}: ${text}`, { topic, id, ...details }), origin);
    const failed = (cause: unknown): void => refuse("schema-failed", "its schema failed", { cause });
    const settle = (result: Result): void => {
      const { issues } = result;
      if (issues === undefined) this.#outcome.valid(message.withValue(result.value as T), origin);
      else refuse("invalid-value", `a value does not fit: ${issues[0]?.message ?? "no reason given"}`, { issues });
    };
    const line = this.#lineOf(origin, topic);
    if (line.count >= maxWaiting) {
      refuse("schema-slow", `${maxWaiting} messages wait for its schema`);
      return;
    }
    let answer: Result | Promise<Result>;
    try {
      answer = schema["~standard"].validate(message.value);
    } catch (cause) {
      failed(cause);
      return;
    }
    if (line.count > 0 || answer instanceof Promise) wait(line, Promise.resolve(answer), settle, failed);
    else settle(answer);
  }

  #lineOf(origin: Origin, topic: string): Line {
    const lines = this.#lines.get(origin) ?? new Map<string, Line>();
    const line = lines.get(topic) ?? { count: 0, end: Promise.resolve() };
    this.#lines.set(origin, lines.set(topic, line));
    return line;
  }
}

/** Settles an answer, or that there is none, behind those that are waited for already. */
function wait(
  line: Line,
  answer: Promise<Result>,
  settle: (result: Result) => void,
  failed: (cause: unknown) => void,
): void {
  line.count += 1;
  const settled = answer.then(
    (result) => () => settle(result),
    (cause: unknown) => () => failed(cause),
  );
  line.end = line.end.then(async () => {
    const end = await settled;
    line.count -= 1;
    end();
  });
}
