import { checkOptions } from "@inband/stream";
import { kindOf } from "@inband/wire";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { PublishError } from "./publish-error.ts";
import type { PublishOptions } from "./publish-options.ts";
import type { Publication } from "./receipt.ts";

/** What belongs to a topic rather than to each of its messages. */
export interface PublisherTopicOptions<T>
  extends Pick<PublishOptions, "copies" | "priority" | "expiresAfterMs" | "retain"> {
  /**
   * Checks each value before it is published, with any library that implements Standard Schema, at once: one that answers
   * later cannot. The value is sent as it was given.
   */
  readonly schema?: StandardSchemaV1<T, unknown>;
}

/** One topic of a publisher. */
export interface PublisherTopic<T> {
  readonly name: string;
  /**
   * As `publish` of the publisher, with the options of the topic where `options` names no others.
   *
   * @throws What `publish` throws; PublishError `invalid-value` for a value that the schema refuses; TypeError for a schema
   * that answers later.
   */
  publish(value: T, options?: Omit<PublishOptions, "topic">): Publication;
  /** As `unretain` of the publisher. */
  unretain(): void;
}

/** What a topic needs of its publisher. */
export interface PublisherTopicOwner {
  publish(value: unknown, options: PublishOptions): Publication;
  unretain(topic: string): void;
}

const optionNames: ReadonlySet<string> = new Set([
  "copies",
  "priority",
  "expiresAfterMs",
  "retain",
  "schema",
] satisfies (keyof PublisherTopicOptions<unknown>)[]);

/** @throws TypeError that names what is wrong. */
export function publisherTopic<T>(
  name: string,
  options: PublisherTopicOptions<T>,
  owner: PublisherTopicOwner,
): PublisherTopic<T> {
  if (typeof name !== "string") throw new TypeError(`topic: expected a string, got ${kindOf(name)}`);
  checkOptions(options, optionNames);
  const { schema, ...ofTopic } = options;
  if (schema !== undefined && typeof schema?.["~standard"]?.validate !== "function") {
    throw new TypeError(`schema: expected a Standard Schema, got ${kindOf(schema)}`);
  }
  return {
    name,
    publish(value, ofMessage = {}) {
      if (schema !== undefined) checkValue(value, schema, name);
      return owner.publish(value, { ...ofTopic, ...ofMessage, topic: name });
    },
    unretain: () => owner.unretain(name),
  };
}

function checkValue<T>(value: T, schema: StandardSchemaV1<T, unknown>, topic: string): void {
  const result = schema["~standard"].validate(value);
  if (result instanceof Promise) throw new TypeError(`schema: expected one that answers at once, on topic ${topic}`);
  if (result.issues === undefined) return;
  const issues = result.issues.map(({ message }) => message).join("; ");
  throw new PublishError("invalid-value", `The value does not fit the schema of topic ${topic}: ${issues}`);
}
