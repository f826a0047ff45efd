import { setTimeout as sleep } from "node:timers/promises";
import { PublishError, type Receipt } from "@inband/publisher";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { behindPictureMs } from "../forwarding/behind-picture.ts";
import type { MessagePort } from "../forwarding/message-port.ts";
import { StageError } from "../stage-error.ts";
import type { TokenClaims } from "../token.ts";
import { eventStream } from "./event-stream.ts";
import { IdempotencyKeys } from "./idempotency-keys.ts";
import type { MessageAudience } from "./message-audience.ts";
import { maxMessageBodyBytes, postedMessage, tooLarge } from "./posted-message.ts";

/** Requests whose message has not left yet, of one stage. */
const maxWaiting = 1000;

/** What the routes of messages need of their stage. */
export interface MessageRoutesContext {
  authenticate(c: Context): Promise<TokenClaims>;
  /** @throws StageError where the participant does not publish video. */
  port(participantId: string): MessagePort;
  readonly audience: MessageAudience;
}

/**
 * Messages by HTTP: `POST /PARTICIPANT/messages` puts one into the video that a participant publishes, on its next frame;
 * `GET /PARTICIPANT/messages` is a stream of server-sent events with all that ride in it.
 */
export function messageRoutes({ authenticate, port, audience }: MessageRoutesContext): Hono {
  const app = new Hono();
  const keys = new IdempotencyKeys();
  let waiting = 0;
  const limit = bodyLimit({
    maxSize: maxMessageBodyBytes,
    onError: () => {
      throw tooLarge();
    },
  });

  app.post("/:participantId/messages", limit, async (c) => {
    const claims = await authenticate(c);
    const participantId = c.req.param("participantId");
    if (!claims.canPublishMessages && !(claims.canPublish && claims.participantId === participantId)) {
      throw new StageError(403, "may-not-publish-messages", "the token does not allow messages in this video");
    }
    const to = port(participantId);
    const { value, topic, retain, key, hash } = await postedMessage(c);
    const publish = async (): Promise<Receipt> => {
      if (waiting >= maxWaiting) throw new StageError(429, "too-many-waiting", "too many messages wait for a frame");
      waiting += 1;
      try {
        const receipt = await to.publish(value, {
          ...(topic === undefined ? {} : { topic }),
          ...(retain && { retain }),
        });
        await sleep(behindPictureMs);
        return receipt;
      } finally {
        waiting -= 1;
      }
    };
    const receipt =
      key === undefined
        ? publish()
        : keys.once(JSON.stringify([claims.participantId, participantId, key]), hash, publish);
    return answer(c, await receipt.catch(refused));
  });

  app.get("/:participantId/messages", async (c) => {
    const claims = await authenticate(c);
    if (!claims.canSubscribeMessages) {
      throw new StageError(403, "may-not-subscribe", "the token does not allow receiving");
    }
    const from = port(c.req.param("participantId"));
    const since = c.req.header("last-event-id") ?? c.req.query("last-event-id");
    const headers = { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" };
    // Nobody would read the events, nor end them.
    if (c.req.method === "HEAD") return c.body(null, 200, headers);
    const body = eventStream(
      (reader) => from.read(reader, since),
      (end) => audience.enter(claims.participantId, end),
    );
    return c.body(body, 200, headers);
  });

  return app;
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
