import { decodeJwt, type JWTPayload } from "jose";
import { TokenError } from "./token-error.ts";

/** The URLs of a stage, for one participant. */
export interface StageEndpoints {
  /** Takes a WHIP offer of the token's own participant. */
  readonly publish: string;
  /** The participant whom the token is for. */
  readonly participantId: string;
  /** Takes an offer to receive that participant. */
  subscribe(participantId: string): string;
}

/** Clocks may differ by this much, in seconds. */
const clockToleranceSeconds = 60;

/**
 * Reads from a stage token where the stage is (claims `whip_url` and `jti`), for our stages and those of Amazon IVS. The
 * token is not verified: that is the stage's part. Throws `TokenError` `malformed`.
 */
export function stageEndpoints(token: string): StageEndpoints {
  const { whip_url: url, jti } = readClaims(token) ?? {};
  if (typeof url !== "string" || !URL.canParse(url) || typeof jti !== "string") throw new TokenError("malformed");
  const base = url.replace(/\/+$/, "");
  return {
    publish: `${base}/publish/${encodeURIComponent(jti)}`,
    participantId: jti,
    subscribe: (participantId) => `${base}/subscribe/${encodeURIComponent(participantId)}`,
  };
}

/** The claims of a JSON Web Token; undefined when it is none, as the opaque tokens of other WHIP servers. */
export function readClaims(token: string): JWTPayload | undefined {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}

/** Throws `TokenError` for a token that no server takes: `malformed`, `expired` or `not-yet-valid`. */
export function checkToken(token: string): void {
  if (!/^[\x21-\x7e]+$/.test(token)) throw new TokenError("malformed");
  const { exp, nbf } = readClaims(token) ?? {};
  const now = Date.now() / 1000;
  if (typeof exp === "number" && exp <= now) throw new TokenError("expired");
  if (typeof nbf === "number" && nbf > now + clockToleranceSeconds) throw new TokenError("not-yet-valid");
}
