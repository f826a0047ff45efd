import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { PublishError, type Receipt } from "@inband/publisher";
import { BoundedMap } from "@inband/stream";
import { parseExactJson } from "@inband/wire";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { behindPictureMs } from "../forwarding/behind-picture.ts";
import type { MessagePort } from "../forwarding/message-port.ts";
import { StageError } from "../stage-error.ts";
import type { TokenClaims } from "../token.ts";
import { eventStream } from "./event-stream.ts";
import type { MessageAudience } from "./message-audience.ts";

/** A message that a fragment may carry is smaller; one that is larger is refused by the publisher. */
const maxMessageBytes = 256 * 1024;

/** Requests whose message has not left yet, of one stage. */
const maxWaiting = 1000;

/** Keys of requests that are remembered, with what they were answered. */
const maxKeys = 10_000;

const maxKeyLength = 255;

/** What the routes of messages need of their stage. */
export interface MessageRoutesContext {
  authenticate(c: Context): Promise<TokenClaims>;
  /** @throws StageError where the participant does not publish video. */
  port(participantId: string): MessagePort;
  readonly audience: MessageAudience;
}

/** The answer to a message, the same for each request with its key. */
interface Answer {
  readonly hash: string;
  readonly receipt: Promise<Receipt>;
}

/**
 * Messages by HTTP: `POST /PARTICIPANT/messages` puts one into the video that a participant publishes, on its next frame;
 * `GET /PARTICIPANT/messages` is a stream of server-sent events with all that ride in it.
 */
export function messageRoutes({ authenticate, port, audience }: MessageRoutesContext): Hono {
  const app = new Hono();
  const answers = new BoundedMap<string, Answer>(maxKeys);
  let waiting = 0;
  const limit = bodyLimit({
    maxSize: maxMessageBytes,
    onError: () => {
      throw new StageError(413, "too-large", `a message has at most ${maxMessageBytes} bytes`);
    },
  });

  app.post("/:participantId/messages", limit, async (c) => {
    const claims = await authenticate(c);
    const participantId = c.req.param("participantId");
    if (!claims.canPublishMessages && !(claims.canPublish && claims.participantId === participantId)) {
      throw new StageError(403, "may-not-publish-messages", "the token does not allow messages in this video");
    }
    const to = port(participantId);
    const body = Buffer.from(await c.req.arrayBuffer());
    const value = messageOf(c, body);
    const topic = c.req.query("topic");
    const retain = c.req.query("retain") === "true";
    const publish = async (): Promise<Receipt> => {
      if (waiting >= maxWaiting) throw new StageError(429, "too-many-waiting", "too many messages wait for a frame");
      waiting += 1;
      try {
        const message = await to.publish(value, {
          ...(topic === undefined ? {} : { topic }),
          ...(retain && { retain }),
        });
        const receipt = await message.sent;
        await sleep(behindPictureMs);
        return receipt;
      } finally {
        waiting -= 1;
      }
    };
    const key = c.req.header("idempotency-key");
    if (key !== undefined && key.length > maxKeyLength) {
      throw new StageError(400, "bad-key", `an Idempotency-Key has at most ${maxKeyLength} characters`);
    }
    const receipt =
      key === undefined
        ? publish()
        : once(JSON.stringify([claims.participantId, participantId, key]), hashOf(c, body), publish);
    return answer(c, await receipt.catch(refused));
  });

  app.get("/:participantId/messages", async (c) => {
    const claims = await authenticate(c);
    if (!claims.canSubscribeMessages) {
      throw new StageError(403, "may-not-subscribe", "the token does not allow receiving");
    }
    const from = port(c.req.param("participantId"));
    const since = c.req.header("last-event-id");
    const body = eventStream(
      (reader) => from.read(reader, since),
      (end) => audience.enter(claims.participantId, end),
    );
    return c.body(body, 200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
  });

  return app;

  /** Publishes once for each key of one who posts; a request with the same key is answered as the first one was. */
  function once(key: string, hash: string, publish: () => Promise<Receipt>): Promise<Receipt> {
    const known = answers.get(key);
    if (known && known.hash !== hash) {
      throw new StageError(422, "other-message", "the Idempotency-Key was used for another message");
    }
    if (known) return known.receipt;
    const receipt = publish();
    answers.set(key, { hash, receipt });
    // What was refused has not been published: the key is free again.
    receipt.catch(() => answers.delete(key));
    return receipt;
  }
}

function messageOf(c: Context, body: Buffer): unknown {
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type === "application/octet-stream") return Uint8Array.from(body);
  if (type !== "application/json") {
    throw new StageError(415, "not-a-message", "a message is application/json or application/octet-stream");
  }
  try {
    return parseExactJson(body.toString());
  } catch (error) {
    const reason = error instanceof RangeError ? error.message : "the body is not JSON";
    throw new StageError(400, "bad-json", reason, { cause: error });
  }
}

function hashOf(c: Context, body: Buffer): string {
  const { topic = "", retain = "" } = c.req.query();
  return createHash("sha256")
    .update(JSON.stringify([topic, retain]))
    .update(body)
    .digest("base64");
}

function answer(c: Context, receipt: Receipt): Response {
  const status = receipt.outcome === "sent" ? 201 : 504;
  return c.json(receipt, status);
}

function refused(error: unknown): never {
  if (error instanceof PublishError) {
    const status = error.code === "payload-too-large" ? 413 : error.code === "closed" ? 404 : 429;
    throw new StageError(status, error.code, error.message, { cause: error });
  }
  if (error instanceof TypeError || error instanceof RangeError) {
    throw new StageError(400, "bad-message", error.message, { cause: error });
  }
  throw error;
}
