import { TokenError } from "@inband/stage-protocol";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { candidatePlaces } from "../sessions/candidate.ts";
import { type Offer, type OfferRole, readOffer } from "../sessions/offer.ts";
import type { AnsweredOffer, Participants } from "../sessions/participants.ts";
import type { Session } from "../sessions/session.ts";
import { StageError } from "../stage-error.ts";
import { maxOfferBytes, type StageOptions } from "../stage-options.ts";
import type { TokenClaims, TokenIssuer } from "../token.ts";
import type { AllowedOrigins } from "./allowed-origins.ts";
import { bearerToken } from "./bearer-token.ts";
import { errorAnswer } from "./error-answer.ts";
import type { MessageAudience } from "./message-audience.ts";
import { messageRoutes } from "./message-routes.ts";
import type { StageMetrics } from "./metrics.ts";
import { playbackRoutes } from "./playback-routes.ts";
import { sessionLinks, sessionUrls } from "./session-links.ts";

/** Request headers of the Amazon IVS Web Broadcast SDK. */
const stagesHeaders = ["platform", "sdk", "request-id", "session-id", "trace-id", "whip-version", "options"]
  .concat("initial-layer-pref")
  .map((name) => `x-stages-${name}`);

const sessionRoute = "/:kind{publish|subscribe}/:participantId/:sessionId";

/** What the HTTP side needs of its stage. */
export interface StageAppContext {
  readonly participants: Participants;
  readonly tokens: TokenIssuer;
  readonly origins: AllowedOrigins;
  readonly metrics: StageMetrics;
  readonly audience: MessageAudience;
  readonly options: StageOptions;
}

/** The HTTP side of a stage: WHIP (RFC 9725) and WHEP, with tokens of the stage's own. */
export function stageApp({ participants, tokens, origins, metrics, audience, options }: StageAppContext): Hono {
  const app = new Hono();
  app.use(
    cors({
      origin: (origin, c) => (origins.admit(origin, c.req.header("host")) ? origin : null),
      allowMethods: ["GET", "POST", "DELETE"],
      allowHeaders: ["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", ...stagesHeaders],
      exposeHeaders: ["Location", "Link"],
      maxAge: 600,
    }),
  );
  const limit = bodyLimit({
    maxSize: maxOfferBytes,
    onError: () => {
      throw new StageError(413, "too-large", `the offer has more than ${maxOfferBytes} bytes`);
    },
  });
  const verify = async (token: string | undefined, isToLeave = false): Promise<TokenClaims> => {
    if (participants.isClosed) throw new StageError(503, "closing", "the stage is closing");
    if (token === undefined) throw new TokenError("missing");
    return tokens.verify(token, isToLeave);
  };
  const authenticate = (c: Context, isToLeave = false): Promise<TokenClaims> =>
    verify(bearerToken(c.req.header("authorization")), isToLeave);
  const ownSession = (sessionId: string, { participantId }: TokenClaims): Session => {
    const session = participants.session(sessionId);
    if (!session) throw new StageError(404, "no-session", "there is no such session, or it has ended");
    if (session.participantId !== participantId) {
      throw new StageError(403, "not-yours", "the session belongs to another participant");
    }
    return session;
  };
  /** Its participant may have been removed, or the stage closed, while the offer was read. */
  const admitted = async (c: Context, opened: AnsweredOffer): Promise<AnsweredOffer> => {
    try {
      await authenticate(c);
      return opened;
    } catch (error) {
      await opened.session.close();
      throw error;
    }
  };
  app.post("/publish/:participantId", limit, async (c) => {
    const claims = await authenticate(c);
    if (!claims.canPublish) throw new StageError(403, "may-not-publish", "the token does not allow publishing");
    if (claims.participantId !== c.req.param("participantId")) {
      throw new StageError(403, "not-yours", "the token is for another participant than the one in the path");
    }
    const offer = await offerOf(c, "publish");
    return created(c, "publish", await admitted(c, await participants.publish(claims, offer)));
  });
  app.post("/subscribe/:participantId", limit, async (c) => {
    const claims = await authenticate(c);
    if (!claims.canSubscribe) throw new StageError(403, "may-not-subscribe", "the token does not allow subscribing");
    const offer = await offerOf(c, "subscribe");
    const initialLayer = c.req.header("x-stages-initial-layer-pref") === "lowest" ? "lowest" : "highest";
    const publisherId = c.req.param("participantId");
    const opened = await participants.subscribe(publisherId, claims, offer, initialLayer);
    return created(c, "subscribe", await admitted(c, opened));
  });
  app.delete(sessionRoute, async (c) => {
    await ownSession(c.req.param("sessionId"), await authenticate(c, true)).close();
    return c.body(null, 200);
  });
  // A page that goes can only post, without headers: the Link of the session says where.
  app.post(`${sessionRoute}/leave`, limit, async (c) => {
    await ownSession(c.req.param("sessionId"), await verify(tokenIn(await c.req.text()), true)).close();
    return c.body(null, 200);
  });
  app.route(
    "/",
    playbackRoutes(async (c) => ownSession(c.req.param("sessionId") ?? "", await authenticate(c))),
  );
  app.route(
    "/",
    messageRoutes({ authenticate, port: (participantId) => participants.messages(participantId), audience }),
  );
  // RFC 9725 4.2 and 4.3: a client that trickles learns here that there is no PATCH.
  app.all("/:kind{publish|subscribe}/:participantId", (c) => notAllowed(c, "POST, OPTIONS", metrics));
  app.all(sessionRoute, (c) => notAllowed(c, "DELETE, OPTIONS", metrics));
  app.all(`${sessionRoute}/layer`, (c) => notAllowed(c, "GET, POST, OPTIONS", metrics));
  app.all(`${sessionRoute}/:control{playback|leave}`, (c) => notAllowed(c, "POST, OPTIONS", metrics));
  app.all("/:participantId/messages", (c) => notAllowed(c, "GET, POST, OPTIONS", metrics));
  app.get("/health", (c) => {
    const isClosing = participants.isClosed;
    return c.json({ status: isClosing ? "closing" : "ok" }, isClosing ? 503 : 200);
  });
  app.get("/metrics", async (c) => c.body(await metrics.text(), 200, { "Content-Type": metrics.contentType }));
  app.all("/:figures{health|metrics}", (c) => notAllowed(c, "GET, OPTIONS", metrics));
  app.notFound((c) => errorResponse(c, new StageError(404, "not-found", "the stage has no such resource"), metrics));
  app.onError((error, c) => {
    if (error instanceof TokenError) c.header("WWW-Authenticate", "Bearer");
    if (!(error instanceof StageError || error instanceof TokenError)) {
      options.logger?.error("a request to the stage failed", error);
    }
    return errorResponse(c, error, metrics);
  });
  return app;
}

async function offerOf(c: Context, role: OfferRole): Promise<Offer> {
  if (!/^application\/sdp *(;|$)/i.test(c.req.header("content-type") ?? "")) {
    throw new StageError(415, "not-sdp", "the body must be an SDP offer with content-type application/sdp");
  }
  // Node's HTTP server gives the address of the client.
  const { incoming } = (c.env ?? {}) as {
    readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
  };
  return readOffer(await c.req.text(), candidatePlaces(incoming?.socket?.remoteAddress), role);
}

function created(c: Context, role: OfferRole, { session, answer }: AnsweredOffer): Response {
  // An absolute path holds wherever the application has mounted the stage.
  const location = `${c.req.path}/${session.id}`;
  return c.body(answer, 201, {
    "Content-Type": "application/sdp",
    Location: location,
    Link: sessionLinks(sessionUrls(location, role)),
  });
}

function notAllowed(c: Context, allow: string, metrics: StageMetrics): Response {
  c.header("Allow", allow);
  return errorResponse(c, new StageError(405, "method-not-allowed", `the resource takes ${allow}`), metrics);
}

function errorResponse(c: Context, error: Error, metrics: StageMetrics): Response {
  const isSdk = c.req.header("x-stages-sdk") !== undefined;
  const { status, body } = errorAnswer(error, isSdk);
  metrics.refused(body.error_code);
  // What is left of a body that was too large ends the connection: another request on it would be lost.
  if (status === 413) c.header("Connection", "close");
  return c.json(body, status);
}

/** The token in what a page posts when it goes: `{ "authorization": TOKEN }`. */
function tokenIn(body: string): string | undefined {
  try {
    const { authorization }: { authorization?: unknown } = JSON.parse(body) ?? {};
    return typeof authorization === "string" ? authorization : undefined;
  } catch {
    return undefined;
  }
}
