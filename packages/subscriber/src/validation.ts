import type { StandardSchemaV1 } from "@standard-schema/spec";
import { checkSchema } from "./checked-options.ts";
import type { DeliveredMessage } from "./delivered-message.ts";
import { SchemaError, type SchemaErrorCode } from "./schema-error.ts";

/** The outcome of validation. */
export interface ValidationOutcome<T, Origin> {
  /** The topic has no schema, or the message holds what its schema returned. */
  valid(message: DeliveredMessage<T>, origin: Origin): void;
  invalid(error: SchemaError, origin: Origin): void;
}

/** Messages of one topic and origin that wait for a schema that answers later. */
export interface WaitingLine {
  count: number;
  end: Promise<void>;
}

/** Where messages come from. What one origin waits for does not delay another. */
export interface ValidationOrigin {
  /** By topic. */
  readonly lines: Map<string, WaitingLine>;
}

type Result = StandardSchemaV1.Result<unknown>;
type Settle = () => void;

/** How many messages may wait in a line. Further ones are dropped. */
const maxWaiting = 256;

/** Validates the values of each topic by its schema. Messages behind one that is waited for wait too. */
export class Validation<T, Origin extends ValidationOrigin> {
  readonly #schemas: Map<string | undefined, StandardSchemaV1>;
  readonly #outcome: ValidationOutcome<T, Origin>;

  constructor(schemas: ReadonlyMap<string, StandardSchemaV1>, outcome: ValidationOutcome<T, Origin>) {
    this.#schemas = new Map(schemas);
    this.#outcome = outcome;
  }

  /** Gives a topic a schema. @throws TypeError if it is not a schema, or the topic has another one. */
  add(topic: string, schema: StandardSchemaV1): void {
    checkSchema("schema", schema);
    const known = this.#schemas.get(topic) ?? schema;
    if (known !== schema) throw new TypeError(`schema: topic ${topic} has another one already`);
    this.#schemas.set(topic, schema);
  }

  /** Passes a message on: at once if its schema answers at once. */
  check(message: DeliveredMessage<T>, origin: Origin): void {
    const { id, topic = "" } = message;
    const schema = this.#schemas.get(message.topic);
    if (schema === undefined) {
      this.#outcome.valid(message, origin);
      return;
    }
    const invalid = (code: SchemaErrorCode, text: string, details?: object): Settle => {
      const error = new SchemaError(code, `Topic ${topic}: ${text}`, { topic, id, ...details });
      return () => this.#outcome.invalid(error, origin);
    };
    const failed = (cause: unknown): Settle => invalid("schema-failed", "schema failed", { cause });
    const answered = (result: Result): Settle => {
      const { issues } = result;
      return issues === undefined
        ? () => this.#outcome.valid(message.withValue(result.value as T), origin)
        : invalid("invalid-value", `a value does not fit: ${issues[0]?.message}`, { issues });
    };
    const line = origin.lines.get(topic) ?? { count: 0, end: Promise.resolve() };
    origin.lines.set(topic, line);
    if (line.count >= maxWaiting) {
      invalid("schema-slow", `${maxWaiting} messages wait for its schema`)();
      return;
    }
    let settle: Settle | Promise<Settle>;
    try {
      const answer = schema["~standard"].validate(message.value);
      settle = answer instanceof Promise ? answer.then(answered, failed) : answered(answer);
    } catch (cause) {
      settle = failed(cause);
    }
    if (line.count === 0 && typeof settle === "function") settle();
    else wait(line, settle);
  }
}

/** Settles a message after those that wait already. */
function wait(line: WaitingLine, settle: Settle | Promise<Settle>): void {
  line.count += 1;
  line.end = line.end.then(async () => {
    const settled = await settle;
    line.count -= 1;
    settled();
  });
}
