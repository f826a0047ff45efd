import { createHash } from "node:crypto";
import { inband, parseExactJson } from "@inband/wire";
import type { Context } from "hono";
import { StageError } from "../stage-error.ts";

/** The most bytes of a value, packed. */
const { maxMessageBytes } = inband();

/** JSON takes no more for such a value: an escaped character, or `false`, has 6 bytes for one. */
export const maxMessageBodyBytes: number = 6 * maxMessageBytes;

const maxKeyLength = 255;

const parameters: ReadonlySet<string> = new Set(["topic", "retain"]);

/** A message that was posted. */
export interface PostedMessage {
  readonly value: unknown;
  readonly topic: string | undefined;
  readonly retain: boolean;
  /** The `Idempotency-Key`. */
  readonly key: string | undefined;
  /** The same for the same message. */
  readonly hash: string;
}

/** @throws StageError for a request that is not clear. */
export async function postedMessage(c: Context): Promise<PostedMessage> {
  const { topic, retain } = parametersOf(c);
  const type = typeOf(c);
  const key = keyOf(c);
  const body = Buffer.from(await c.req.arrayBuffer());
  const hash = createHash("sha256")
    .update(JSON.stringify([type, topic, retain]))
    .update(body)
    .digest("base64");
  return { value: type === "json" ? jsonOf(body) : Uint8Array.from(body), topic, retain, key, hash };
}

export function tooLarge(): StageError {
  return new StageError(
    413,
    "payload-too-large",
    `a message takes at most ${maxMessageBytes} bytes packed; this body has more than ${maxMessageBodyBytes}`,
  );
}

function parametersOf(c: Context): { topic: string | undefined; retain: boolean } {
  const given = c.req.queries();
  for (const [name, values] of Object.entries(given)) {
    if (!parameters.has(name)) {
      throw new StageError(400, "bad-parameter", `${name}: no such parameter, expected topic or retain`);
    }
    if (values.length > 1) throw new StageError(400, "bad-parameter", `${name}: expected once, got ${values.length}`);
  }
  const [topic] = given.topic ?? [];
  const [retain = "false"] = given.retain ?? [];
  if (retain !== "true" && retain !== "false") {
    throw new StageError(400, "bad-parameter", "retain: expected true or false");
  }
  return { topic, retain: retain === "true" };
}

function typeOf(c: Context): "json" | "bytes" {
  const coding = c.req.header("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (coding !== "identity") throw new StageError(415, "encoded", "a message is taken without a Content-Encoding");
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type === "application/octet-stream") return "bytes";
  if (type === "application/json") return "json";
  throw new StageError(415, "not-a-message", "a message is application/json or application/octet-stream");
}

function keyOf(c: Context): string | undefined {
  const key = c.req.header("idempotency-key");
  if (key === undefined || (key.length > 0 && key.length <= maxKeyLength)) return key;
  throw new StageError(400, "bad-key", `an Idempotency-Key has 1 to ${maxKeyLength} characters`);
}

function jsonOf(body: Buffer): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (error) {
    throw new StageError(400, "bad-json", "the body is not UTF-8, which JSON is (RFC 8259 8.1)", { cause: error });
  }
  try {
    return parseExactJson(text);
  } catch (error) {
    const reason = error instanceof RangeError ? error.message : "the body is not JSON";
    throw new StageError(400, "bad-json", reason, { cause: error });
  }
}
