import { randomUUID } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";
import { TokenError } from "../token-error.ts";

/** Seconds that a token is valid by default. */
export const defaultTokenSeconds = 1800;

/** The only algorithm that is made and accepted; an HMAC secret is never taken for a public key, nor for none. */
const algorithm = "HS256";
const issuer = "inband-stage";

/** What a participant may do, in the claim names of Amazon IVS stage tokens. */
export interface Capabilities {
  readonly allow_publish?: boolean;
  readonly allow_subscribe?: boolean;
}

/** What a new token shall say. */
export interface TokenOptions {
  /** Default random. Letters, digits, `.`, `_`, `~` and `-`: it becomes part of a URL. */
  readonly participantId?: string;
  /** The application's own name for the person. Default empty. */
  readonly userId?: string;
  /** Shown to the other participants. Default none. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Default both. */
  readonly capabilities?: Capabilities;
  /** Where clients reach the stage: `http://host:port`, with the path where the application mounted it. */
  readonly url: string;
  /** Default 1800. */
  readonly expiresInSeconds?: number;
}

/** What a verified token says. */
export interface TokenClaims {
  readonly participantId: string;
  readonly userId: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly canPublish: boolean;
  readonly canSubscribe: boolean;
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

  constructor(secret: Uint8Array, topic: string) {
    if (!(secret instanceof Uint8Array) || secret.length < 32) {
      throw new RangeError("secret must have 32 bytes or more, as HS256 asks (RFC 7518 3.2)");
    }
    this.#secret = secret;
    this.#topic = topic;
    this.#resource = `arn:inband:stage:local:000000000000:stage/${topic}`;
  }

  async sign(options: TokenOptions): Promise<string> {
    const participantId = options.participantId ?? randomUUID();
    if (!/^[\w.~-]{1,128}$/.test(participantId)) {
      throw new TypeError("participantId may have up to 128 letters, digits and . _ ~ - only");
    }
    const seconds = options.expiresInSeconds ?? defaultTokenSeconds;
    if (!Number.isFinite(seconds)) throw new RangeError(`expiresInSeconds must be a number, got ${seconds}`);
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({
      resource: this.#resource,
      topic: this.#topic,
      whip_url: baseUrl(options.url),
      events_url: baseUrl(options.url).replace(/^http/, "ws"),
      user_id: options.userId ?? "",
      attributes: { ...options.attributes },
      capabilities: {
        allow_publish: options.capabilities?.allow_publish ?? options.capabilities === undefined,
        allow_subscribe: options.capabilities?.allow_subscribe ?? options.capabilities === undefined,
      },
      // The part behind the point holds flags of the SDK: none set, a subscriber receives sound and sends none.
      version: "0.0",
    })
      .setProtectedHeader({ alg: algorithm, typ: "JWT" })
      .setIssuer(issuer)
      .setAudience(this.#resource)
      .setJti(participantId)
      .setIssuedAt(now)
      .setExpirationTime(now + Math.floor(seconds))
      .sign(this.#secret);
  }

  /** Throws `TokenError`. */
  async verify(token: string): Promise<TokenClaims> {
    let payload: Record<string, unknown>;
    try {
      ({ payload } = await jwtVerify(token, this.#secret, {
        algorithms: [algorithm],
        issuer,
        audience: this.#resource,
        requiredClaims: ["exp", "jti"],
      }));
    } catch (error) {
      throw tokenError(error);
    }
    const { jti, user_id: userId, attributes, capabilities } = payload;
    const allowed = (typeof capabilities === "object" && capabilities !== null ? capabilities : {}) as Capabilities;
    return {
      participantId: String(jti),
      userId: typeof userId === "string" ? userId : "",
      attributes: (typeof attributes === "object" && attributes !== null ? attributes : {}) as Record<string, string>,
      canPublish: allowed.allow_publish === true,
      canSubscribe: allowed.allow_subscribe === true,
    };
  }
}

function baseUrl(url: string): string {
  if (!URL.canParse(url) || !/^https?:/.test(url)) throw new TypeError("url must be an http or https URL");
  return url.replace(/\/+$/, "");
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
