import { randomBytes, randomUUID } from "node:crypto";
import { TokenError } from "@inband/stage-protocol";
import { BoundedMap } from "@inband/stream";
import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { type Capabilities, checkTokenOptions, type TokenOptions } from "./token-options.ts";

/** Seconds that a token is valid by default. */
export const defaultTokenSeconds = 1800;

/** The only algorithm that is made and accepted; an HMAC secret is never taken for a public key, nor for none. */
const algorithm = "HS256";
const issuer = "inband-stage";

/** Participants whose revocations are remembered. */
const maxRevoked = 10_000;

/** Tokens that were exchanged for others and are remembered. */
const maxExchanged = 10_000;

/** How long a token is valid after it was exchanged, in milliseconds: requests with it may be under way. */
const exchangedValidMs = 5000;

/** Tokens whose signature is not looked at again: a poster of messages shows its own many times a second. */
const maxVerified = 1000;

/** What is no name in the path of a URL (RFC 3986 3.3), and what the paths of a stage begin with. */
const reserved = new Set([".", "..", "publish", "subscribe"]);

/** What a verified token says. */
export interface TokenClaims {
  /** Names this token among those of its participant. */
  readonly tokenId: string;
  readonly participantId: string;
  readonly userId: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly canPublish: boolean;
  readonly canSubscribe: boolean;
  readonly canPublishMessages: boolean;
  readonly canSubscribeMessages: boolean;
}

/**
 * Makes and checks the tokens of one stage. They carry the claims that the Amazon IVS Web Broadcast SDK reads
 * (`jti`, `user_id`, `topic`, `whip_url`, `events_url`, `resource`, `capabilities`, `attributes`, `exp`, `version`)
 * and, unlike there, the server checks them: signature, issuer, audience and times.
 */
export class TokenIssuer {
  readonly #secret: Uint8Array;
  readonly #topic: string;
  readonly #resource: string;
  /** How often the tokens of a participant were revoked; each token says how often that was before it. */
  readonly #revocations = new BoundedMap<string, number>(maxRevoked);
  /** What tokens say whose signature, issuer and audience are right. Their times are looked at each time. */
  readonly #verified = new BoundedMap<string, JWTPayload>(maxVerified);
  /** Until when tokens are valid that were exchanged, on the clock of `performance.now`. */
  readonly #exchanged = new BoundedMap<string, number>(maxExchanged);

  constructor(secret: Uint8Array, topic: string) {
    if (!(secret instanceof Uint8Array) || secret.length < 32) {
      throw new RangeError("secret: expected a Uint8Array of 32 bytes or more, as HS256 asks (RFC 7518 3.2)");
    }
    this.#secret = secret;
    this.#topic = topic;
    this.#resource = `arn:inband:stage:local:000000000000:stage/${topic}`;
  }

  async sign(options: TokenOptions): Promise<string> {
    checkTokenOptions(options);
    const participantId = options.participantId ?? randomUUID();
    if (!/^[\w.~-]{1,128}$/.test(participantId)) {
      throw new TypeError("participantId may have up to 128 letters, digits and . _ ~ - only");
    }
    if (reserved.has(participantId))
      throw new TypeError(`participantId may not be ${participantId}: URLs use it otherwise`);
    const seconds = options.expiresInSeconds ?? defaultTokenSeconds;
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({
      resource: this.#resource,
      topic: this.#topic,
      whip_url: baseUrl(options.url),
      events_url: baseUrl(options.url).replace(/^http/, "ws"),
      user_id: options.userId ?? "",
      attributes: { ...options.attributes },
      capabilities: capabilitiesOf(options.capabilities),
      // The part behind the point holds flags of the SDK: none set, a subscriber receives sound and sends none.
      version: "0.0",
      revocations: this.#revocationsOf(participantId),
      token_id: randomBytes(9).toString("base64url"),
    })
      .setProtectedHeader({ alg: algorithm, typ: "JWT" })
      .setIssuer(issuer)
      .setAudience(this.#resource)
      .setJti(participantId)
      .setIssuedAt(now)
      .setExpirationTime(now + Math.floor(seconds))
      .sign(this.#secret);
  }

  /** Makes the tokens void that a participant has got so far. */
  revoke(participantId: string): void {
    this.#revocations.renew(participantId, this.#revocationsOf(participantId) + 1);
  }

  /** Makes a token void a moment from now: its participant goes on with another one, which is valid again if it was not. */
  exchange({ tokenId }: TokenClaims, next: TokenClaims): void {
    if (!this.#exchanged.has(tokenId)) this.#exchanged.set(tokenId, performance.now() + exchangedValidMs);
    this.#exchanged.delete(next.tokenId);
  }

  /**
   * @param isToLeave Whether it is shown to end what it began: one that was exchanged does for that.
   * @throws TokenError
   */
  async verify(token: string, isToLeave = false): Promise<TokenClaims> {
    const known = this.#verified.get(token);
    const payload = known !== undefined && isInTime(known) ? known : await this.#read(token);
    const { jti, revocations = 0, user_id: userId, attributes, capabilities } = payload;
    const tokenId = String(payload.token_id);
    if (!(Number(revocations) >= this.#revocationsOf(String(jti)))) throw new TokenError("revoked");
    const validUntilMs = this.#exchanged.get(tokenId) ?? Number.POSITIVE_INFINITY;
    if (!isToLeave && performance.now() > validUntilMs) throw new TokenError("exchanged");
    const allowed = (typeof capabilities === "object" && capabilities !== null ? capabilities : {}) as Capabilities;
    return {
      tokenId,
      participantId: String(jti),
      userId: typeof userId === "string" ? userId : "",
      attributes: (typeof attributes === "object" && attributes !== null ? attributes : {}) as Record<string, string>,
      canPublish: allowed.allow_publish === true,
      canSubscribe: allowed.allow_subscribe === true,
      canPublishMessages: allowed.publish_messages === true,
      canSubscribeMessages: allowed.subscribe_messages === true || allowed.allow_subscribe === true,
    };
  }

  async #read(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, this.#secret, {
        algorithms: [algorithm],
        issuer,
        audience: this.#resource,
        requiredClaims: ["exp", "jti"],
      });
      this.#verified.set(token, payload);
      return payload;
    } catch (error) {
      throw tokenError(error);
    }
  }

  #revocationsOf(participantId: string): number {
    return this.#revocations.get(participantId) ?? 0;
  }
}

function capabilitiesOf(given: Capabilities | undefined): Capabilities {
  const byDefault = given === undefined;
  return {
    allow_publish: given?.allow_publish ?? byDefault,
    allow_subscribe: given?.allow_subscribe ?? byDefault,
    publish_messages: given?.publish_messages ?? byDefault,
    subscribe_messages: given?.subscribe_messages ?? byDefault,
  };
}

function baseUrl(url: string): string {
  return url.replace(/\/+$/, "");
}

/** RFC 7519 4.1.4 and 4.1.5. */
function isInTime({ exp = 0, nbf = 0 }: JWTPayload): boolean {
  const now = Date.now() / 1000;
  return nbf <= now && now < exp;
}

/** No cause: jose's errors hold the claims. */
function tokenError(error: unknown): TokenError {
  if (error instanceof errors.JWTExpired) return new TokenError("expired");
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JOSEAlgNotAllowed) {
    return new TokenError("bad-signature");
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === "nbf") return new TokenError("not-yet-valid");
    if (error.claim === "aud" || error.claim === "iss") return new TokenError("wrong-audience");
  }
  return new TokenError("malformed");
}
