import type { EventTriggerOptions } from "@inband/recorder";
import { UsageError } from "../usage-error.ts";

/** What `--on` may say, for help and errors. */
export const expressions = "message, topic:NAME, detection:CLASS[,CLASS][>0.7], count:CLASS[,CLASS]>=3, anomaly[>0.8]";

/** When to record: a message of a topic, or of any, or what a detector says in the messages. */
export type EventExpression =
  | { readonly kind: "message"; readonly topic: string | undefined }
  | { readonly kind: "trigger"; readonly options: EventTriggerOptions };

const form = /^(?<name>[a-z]+)(?::(?<subject>[^<>=]+))?(?:(?<operator>>=?)(?<number>\d+(?:\.\d+)?))?$/;

/** @throws UsageError for what is no such expression. */
export function parseEventExpression(text: string, cooldownMs: number): EventExpression {
  const { name, subject, operator, number } = form.exec(text.trim())?.groups ?? {};
  const classes = subject?.split(",").map((each) => each.trim());
  const least = number === undefined ? undefined : Number(number);
  if (name === "message" && subject === undefined && least === undefined) return { kind: "message", topic: undefined };
  if (name === "topic" && subject !== undefined && least === undefined) return { kind: "message", topic: subject };
  const some = { ...(classes && { classes }), cooldownMs };
  if (name === "detection" && classes !== undefined && operator !== ">=" && isShare(least)) {
    const options = { type: "detection" as const, ...some, ...(least !== undefined && { minConfidence: least }) };
    return { kind: "trigger", options };
  }
  if (name === "count" && classes !== undefined && operator === ">=" && Number.isInteger(least) && Number(least) > 0) {
    return { kind: "trigger", options: { type: "count", ...some, atLeast: Number(least) } };
  }
  if (name === "anomaly" && subject === undefined && operator !== ">=" && isShare(least)) {
    const options = { type: "anomaly" as const, cooldownMs, ...(least !== undefined && { minScore: least }) };
    return { kind: "trigger", options };
  }
  throw new UsageError(`--on takes ${expressions}, and not ${text}.`);
}

function isShare(value: number | undefined): boolean {
  return value === undefined || value <= 1;
}
