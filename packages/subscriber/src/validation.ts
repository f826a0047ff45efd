import type { StandardSchemaV1 } from "@standard-schema/spec";
import { SchemaError } from "./schema-error.ts";

/** What validation needs of a message. */
export interface Valuable {
  readonly id: string;
  readonly topic: string | undefined;
  readonly value: unknown;
}

/** What becomes of a message. */
export interface ValidationOutcome<M, Origin> {
  /** It fits; `value` is what the schema made of it. */
  valid(message: M, value: unknown, origin: Origin): void;
  /** It has no schema. */
  unchecked(message: M, origin: Origin): void;
  invalid(error: SchemaError, origin: Origin): void;
}

type Result = StandardSchemaV1.Result<unknown>;

/** Messages of one topic and origin that wait for a schema that answers later; beyond them new ones are let go. */
const maxWaiting = 256;

/** Holds the values of each topic against its schema. What follows a message that is waited for waits behind it. */
export class Validation<M extends Valuable, Origin> {
  readonly #schemas: ReadonlyMap<string, StandardSchemaV1>;
  readonly #outcome: ValidationOutcome<M, Origin>;
  /** By origin and topic: how many wait, and the end of their line. */
  readonly #lines = new Map<Origin, Map<string, { count: number; end: Promise<void> }>>();
  #isClosed = false;

  constructor(schemas: Readonly<Record<string, StandardSchemaV1>>, outcome: ValidationOutcome<M, Origin>) {
    this.#schemas = new Map(Object.entries(schemas));
    for (const [topic, schema] of this.#schemas) {
      if (typeof schema?.["~standard"]?.validate === "function") continue;
      throw new TypeError(`schemas.${topic}: expected a Standard Schema`);
    }
    this.#outcome = outcome;
  }

  /** Passes a message on at once where its schema answers at once. */
  add(message: M, origin: Origin): void {
    const { id, topic } = message;
    const schema = topic === undefined ? undefined : this.#schemas.get(topic);
    if (topic === undefined || schema === undefined) {
      this.#outcome.unchecked(message, origin);
      return;
    }
    const line = this.#lines.get(origin)?.get(topic);
    if (line !== undefined && line.count >= maxWaiting) {
      const text = `Topic ${topic}: ${maxWaiting} messages wait for its schema`;
      this.#outcome.invalid(new SchemaError("schema-slow", text, { topic, id }), origin);
      return;
    }
    let answer: Result | Promise<Result>;
    try {
      answer = schema["~standard"].validate(message.value);
    } catch (cause) {
      this.#failed(topic, message, cause, origin);
      return;
    }
    if (line === undefined && !(answer instanceof Promise)) this.#settle(topic, message, answer, origin);
    else this.#wait(topic, message, Promise.resolve(answer), origin);
  }

  close(): void {
    this.#isClosed = true;
  }

  #wait(topic: string, message: M, answer: Promise<Result>, origin: Origin): void {
    const lines = this.#lines.get(origin) ?? new Map<string, { count: number; end: Promise<void> }>();
    const line = lines.get(topic) ?? { count: 0, end: Promise.resolve() };
    this.#lines.set(origin, lines.set(topic, line));
    line.count += 1;
    const settled = answer.then(
      (result) => () => this.#settle(topic, message, result, origin),
      (cause: unknown) => () => this.#failed(topic, message, cause, origin),
    );
    line.end = line.end.then(async () => {
      const settle = await settled;
      line.count -= 1;
      if (line.count === 0) lines.delete(topic);
      if (lines.size === 0) this.#lines.delete(origin);
      if (!this.#isClosed) settle();
    });
  }

  #settle(topic: string, message: M, result: Result, origin: Origin): void {
    if (result.issues === undefined) {
      this.#outcome.valid(message, result.value, origin);
      return;
    }
    const { issues } = result;
    const text = `Topic ${topic}: a value does not fit: ${issues[0]?.message ?? "no reason given"}`;
    this.#outcome.invalid(new SchemaError("invalid-value", text, { topic, id: message.id, issues }), origin);
  }

  #failed(topic: string, message: M, cause: unknown, origin: Origin): void {
    const text = `Topic ${topic}: its schema failed`;
    this.#outcome.invalid(new SchemaError("schema-failed", text, { topic, id: message.id, cause }), origin);
  }
}
