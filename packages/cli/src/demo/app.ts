import { randomUUID } from "node:crypto";
import { PublishError } from "@inband/publisher";
import type { Stage } from "@inband/stage/server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import { pagePolicy } from "../page-policy.ts";
import { type ChatLine, parseChatLine } from "./chat-line.ts";

/** The participant of the stage that sends the demo's video. */
export const demoParticipant = "demo";

/** A viewer leaves with the token that it came with. */
const viewTokenSeconds = 12 * 60 * 60;
/** A chat line of 280 characters in any script, and its name, take less. */
const largestBodyBytes = 4096;

/** What the demo's server needs from the demo. */
export interface DemoParts {
  readonly stage: Stage;
  readonly page: Hono;
  /** The address of the server, as tokens name it. */
  url(): string;
  /** Publishes a line in the video and returns its id; undefined while there is no video yet. */
  chat(line: ChatLine): string | undefined;
}

/** The demo's HTTP server: the page, the stage, tokens for viewers, and the text box. */
export function createDemoApp({ stage, page, url, chat }: DemoParts): Hono {
  const app = new Hono();
  app.use(pagePolicy);

  app.get("/demo.json", async (context) => {
    context.header("cache-control", "no-store");
    const token = await stage.createToken({
      participantId: `viewer-${randomUUID()}`,
      capabilities: { allow_subscribe: true },
      url: url(),
      expiresInSeconds: viewTokenSeconds,
    });
    return context.json({ subscribeUrl: `/subscribe/${demoParticipant}`, token });
  });

  app.post(
    "/messages",
    sameOrigin,
    bodyLimit({
      maxSize: largestBodyBytes,
      onError: (context) => context.json({ error: `The body may have ${largestBodyBytes} bytes.` }, 413),
    }),
    async (context) => {
      if (!/^application\/json\b/i.test(context.req.header("content-type") ?? "")) {
        return context.json({ error: "The body must be application/json." }, 415);
      }
      const line = parseChatLine(await context.req.json().catch(() => undefined));
      if (typeof line === "string") return context.json({ error: line }, 400);
      try {
        const id = chat(line);
        return id === undefined
          ? context.json({ error: "The video has not begun yet." }, 503)
          : context.json({ id }, 201);
      } catch (error) {
        if (error instanceof PublishError) return context.json({ error: error.message }, 503);
        throw error;
      }
    },
  );

  app.route("/", page);
  app.route("/", stage.app);
  return app;
}

/** A page of another site must not speak in the viewer's name. */
const sameOrigin = createMiddleware(async (context, next) => {
  const origin = context.req.header("origin");
  if (origin !== undefined && origin !== new URL(context.req.url).origin) {
    return context.json({ error: "Messages are taken from the demo's own page." }, 403);
  }
  return await next();
});
