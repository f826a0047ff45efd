import { randomBytes, randomUUID } from "node:crypto";
import { type PeerConfigOptions, peerConfig } from "@inband/publisher/werift";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { RTCPeerConnection } from "werift";
import { TokenError } from "../token-error.ts";
import { candidatePlaces } from "./candidate.ts";
import { type Offer, readOffer } from "./offer.ts";
import { Publication } from "./publication.ts";
import { Session } from "./session.ts";
import { StageError } from "./stage-error.ts";
import { type TokenClaims, TokenIssuer, type TokenOptions } from "./token.ts";

/** Most bytes of an offer. Browsers with every codec stay below 10 KiB. */
export const maxOfferBytes: number = 64 * 1024;

/** Subscriptions of one participant that have not connected yet: one for each publisher of a full stage. */
const maxPending = 12;

/** Settings of a stage. */
export interface StageOptions {
  /** Signs the tokens; 32 bytes or more. Default random, so that tokens end with the process. */
  readonly secret?: Uint8Array;
  /** Names the stage in its tokens; those of another topic are refused. Default random. */
  readonly topic?: string;
  /** Participants that may publish at once. Default 12, as on Amazon IVS. */
  readonly maxPublishers?: number;
  /** Subscriptions at once, all publishers together. Default 60: one process carries about 130 of 2 Mbit/s each. */
  readonly maxSubscriptions?: number;
  /** Of them, those that one participant may have. Default half of them. */
  readonly maxSubscriptionsPerParticipant?: number;
  /**
   * Origins of pages that may call the stage, such as `https://app.example.com`, beside those on this machine
   * (`localhost`, `127.0.0.1`, `[::1]`, any port).
   */
  readonly allowedOrigins?: readonly string[];
  /** Told who comes and goes. Never a token. Default silent. */
  readonly logger?: Pick<Console, "debug" | "info" | "warn" | "error">;
}

/** A participant who publishes. */
export interface Participant {
  readonly participantId: string;
  readonly userId: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
  /** Whether its connection stands. Who has not been heard for 5 seconds is not listed. */
  readonly isConnected: boolean;
  /** How many sessions receive it. */
  readonly subscribers: number;
}

/** A real-time stage in this process. */
export interface Stage {
  /**
   * `POST /publish/PARTICIPANT`, `POST /subscribe/PARTICIPANT` and `DELETE` on the `Location` they answer with. Serve it
   * with `serveStage`, or mount it: `app.route("/stage", stage.app)`.
   */
  readonly app: Hono;
  /** Makes a token. Throws `TypeError` or `RangeError` for an option that cannot be. */
  createToken(options: TokenOptions): Promise<string>;
  /** Those who publish at the moment. */
  participants(): Participant[];
  /** Ends all sessions. */
  close(): Promise<void>;
}

/** Makes a stage: participants publish H.264 and Opus to it, and it forwards them, untouched, to whoever subscribes. */
export function createStage(options: StageOptions = {}): Stage {
  return new LocalStage(options);
}

class LocalStage implements Stage {
  readonly app: Hono = new Hono();
  readonly #tokens: TokenIssuer;
  readonly #maxPublishers: number;
  readonly #maxSubscriptions: number;
  readonly #maxPerParticipant: number;
  readonly #allowedOrigins: ReadonlySet<string>;
  readonly #logger: StageOptions["logger"];
  readonly #publications = new Map<string, Publication>();
  readonly #sessions = new Map<string, Session>();
  #closed = false;

  constructor(options: StageOptions) {
    this.#tokens = new TokenIssuer(options.secret ?? randomBytes(32), options.topic ?? randomUUID());
    this.#maxPublishers = count(options.maxPublishers ?? 12, "maxPublishers");
    this.#maxSubscriptions = count(options.maxSubscriptions ?? 60, "maxSubscriptions");
    this.#maxPerParticipant = count(
      options.maxSubscriptionsPerParticipant ?? Math.ceil(this.#maxSubscriptions / 2),
      "maxSubscriptionsPerParticipant",
    );
    this.#allowedOrigins = new Set(options.allowedOrigins ?? []);
    this.#logger = options.logger;
    this.#route();
  }

  createToken(options: TokenOptions): Promise<string> {
    return this.#tokens.sign(options);
  }

  participants(): Participant[] {
    const present = [...this.#publications.values()].filter(({ session }) => !session.isSilent);
    return present.map((publication) => ({
      participantId: publication.claims.participantId,
      userId: publication.claims.userId,
      attributes: publication.claims.attributes,
      hasAudio: publication.has("audio"),
      hasVideo: publication.has("video"),
      isConnected: publication.session.isAlive,
      subscribers: publication.subscribers.size,
    }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#sessions.values()].map((session) => session.close()));
  }

  #route(): void {
    const { app } = this;
    app.use(
      cors({
        origin: (origin) => (this.#allowsOrigin(origin) ? origin : null),
        allowMethods: ["POST", "DELETE"],
        allowHeaders: ["Authorization", "Content-Type", ...stagesHeaders],
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
    app.post("/publish/:participantId", limit, async (c) => {
      const claims = await this.#authenticate(c);
      return this.#publish(c, c.req.param("participantId"), claims);
    });
    app.post("/subscribe/:participantId", limit, async (c) => {
      const claims = await this.#authenticate(c);
      return this.#subscribe(c, c.req.param("participantId"), claims);
    });
    app.delete("/:kind{publish|subscribe}/:participantId/:sessionId", async (c) => {
      const claims = await this.#authenticate(c);
      const session = this.#sessions.get(c.req.param("sessionId"));
      if (!session) throw new StageError(404, "no-session", "there is no such session, or it has ended");
      if (session.participantId !== claims.participantId) {
        throw new StageError(403, "not-yours", "the session belongs to another participant");
      }
      await session.close();
      return c.body(null, 200);
    });
    // RFC 9725 4.2 and 4.3: a client that trickles learns here that there is no PATCH.
    app.all("/:kind{publish|subscribe}/:participantId", (c) => notAllowed(c, "POST, OPTIONS"));
    app.all("/:kind{publish|subscribe}/:participantId/:sessionId", (c) => notAllowed(c, "DELETE, OPTIONS"));
    app.notFound((c) => errorResponse(c, new StageError(404, "not-found", "the stage has no such resource")));
    app.onError((error, c) => {
      if (error instanceof TokenError) {
        c.header("WWW-Authenticate", "Bearer");
        return errorResponse(c, new StageError(401, error.code, error.message));
      }
      if (error instanceof StageError) return errorResponse(c, error);
      this.#logger?.error("a request to the stage failed", error);
      return errorResponse(c, new StageError(500, "internal", "the stage failed to handle the request"));
    });
  }

  #allowsOrigin(origin: string): boolean {
    if (this.#allowedOrigins.has(origin)) return true;
    if (!URL.canParse(origin)) return false;
    const { protocol, hostname } = new URL(origin);
    return /^https?:$/.test(protocol) && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  }

  async #authenticate(c: Context): Promise<TokenClaims> {
    if (this.#closed) throw new StageError(503, "closing", "the stage is closing");
    const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(c.req.header("authorization") ?? "")?.[1];
    if (token === undefined) throw new TokenError("missing");
    return this.#tokens.verify(token);
  }

  async #publish(c: Context, participantId: string, claims: TokenClaims): Promise<Response> {
    if (!claims.canPublish) throw new StageError(403, "may-not-publish", "the token does not allow publishing");
    if (claims.participantId !== participantId) {
      throw new StageError(403, "not-yours", "the token is for another participant than the one in the path");
    }
    const offer = await offerOf(c);
    if (await this.#publications.get(participantId)?.session.answers()) {
      throw new StageError(409, "already-publishing", "the participant publishes already");
    }
    // Of two that were asked about at the same time the later one finds the first.
    const before = this.#publications.get(participantId);
    this.#dropSilent();
    if (!before && this.#publications.size >= this.#maxPublishers) {
      throw new StageError(429, "too-many-publishers", `the stage takes ${this.#maxPublishers} publishers at once`);
    }
    if (offer.hasVideoWithoutSsrc) {
      throw new StageError(400, "no-ssrc", "the video section of the offer names no SSRC: turn simulcast off");
    }
    const session = this.#open(participantId, { transportCc: false });
    // A page that was reloaded, or a process that was started again, comes back before its old connection has timed out.
    const publication = before ?? new Publication(claims, session);
    before?.replace(claims, session).catch(() => {});
    this.#publications.set(participantId, publication);
    session.onClosed(() => {
      const isCurrent = publication.session === session;
      if (isCurrent && this.#publications.get(participantId) === publication) this.#publications.delete(participantId);
      this.#logger?.info(
        isCurrent ? `participant ${participantId} stopped publishing` : `participant ${participantId} publishes anew`,
      );
    });
    const answer = await session.answer(offer.sdp, (transceivers) => publication.receive(transceivers));
    this.#logger?.info(`participant ${participantId} publishes`);
    return created(c, session, answer);
  }

  async #subscribe(c: Context, participantId: string, claims: TokenClaims): Promise<Response> {
    if (!claims.canSubscribe) throw new StageError(403, "may-not-subscribe", "the token does not allow subscribing");
    const offer = await offerOf(c);
    const publication = this.#publications.get(participantId);
    // Who publishes knows that it is connected a little before this side does, and tells others at once.
    await publication?.session.settled();
    if (!publication?.session.isAlive) throw notPublishing();
    const subscriptions = this.#sessions.size - this.#publications.size;
    if (subscriptions >= this.#maxSubscriptions) {
      throw new StageError(
        429,
        "too-many-subscriptions",
        `the stage takes ${this.#maxSubscriptions} subscriptions at once`,
      );
    }
    this.#checkShare(claims.participantId);
    const session = this.#open(claims.participantId);
    const answer = await session.answer(offer.sdp, (transceivers) => {
      if (!publication.send(session, transceivers)) throw notPublishing();
    });
    this.#logger?.info(`participant ${claims.participantId} receives ${participantId}`);
    return created(c, session, answer);
  }

  /** One participant may not take the places of all. */
  #checkShare(participantId: string): void {
    const published = this.#publications.get(participantId)?.session;
    const own = [...this.#sessions.values()].filter(
      (session) => session.participantId === participantId && session !== published,
    );
    if (own.length >= this.#maxPerParticipant) {
      throw new StageError(
        429,
        "too-many-subscriptions",
        `the stage takes ${this.#maxPerParticipant} subscriptions of one participant at once`,
      );
    }
    if (own.filter(({ isConnected }) => !isConnected).length >= maxPending) {
      throw new StageError(
        429,
        "too-many-pending",
        `the stage takes ${maxPending} subscriptions of one participant that have not connected yet`,
      );
    }
  }

  /** Gives up who has fallen silent where places are short. */
  #dropSilent(): void {
    if (this.#publications.size < this.#maxPublishers) return;
    for (const { session } of [...this.#publications.values()]) if (session.isSilent) session.close().catch(() => {});
  }

  #open(participantId: string, options: PeerConfigOptions = {}): Session {
    const config = peerConfig({ audio: true, loopback: true, ...options });
    const session = new Session(participantId, new RTCPeerConnection(config));
    this.#sessions.set(session.id, session);
    session.onClosed(() => this.#sessions.delete(session.id));
    return session;
  }
}

/** Request headers of the Amazon IVS Web Broadcast SDK. */
const stagesHeaders = ["platform", "sdk", "request-id", "session-id", "trace-id", "whip-version", "options"]
  .concat("initial-layer-pref")
  .map((name) => `x-stages-${name}`);

async function offerOf(c: Context): Promise<Offer> {
  if (!/^application\/sdp *(;|$)/i.test(c.req.header("content-type") ?? "")) {
    throw new StageError(415, "not-sdp", "the body must be an SDP offer with content-type application/sdp");
  }
  // Where the HTTP server is Node's it tells who asks.
  const { incoming } = (c.env ?? {}) as {
    readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
  };
  return readOffer(await c.req.text(), candidatePlaces(incoming?.socket?.remoteAddress));
}

function created(c: Context, session: Session, answer: string): Response {
  // An absolute path holds wherever the application has mounted the stage.
  return c.body(answer, 201, { "Content-Type": "application/sdp", Location: `${c.req.path}/${session.id}` });
}

function notPublishing(): StageError {
  return new StageError(404, "not-publishing", "this participant does not publish at the moment: try again later");
}

function notAllowed(c: Context, allow: string): Response {
  c.header("Allow", allow);
  return errorResponse(c, new StageError(405, "method-not-allowed", `the resource takes ${allow}`));
}

function errorResponse(c: Context, error: StageError): Response {
  return c.json({ error_code: error.code, error_message: error.message }, error.status);
}

function count(value: number, name: string): number {
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} must be a positive integer, got ${value}`);
  return value;
}
