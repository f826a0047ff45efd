import { TokenError } from "../token-error.ts";

/** The URLs of a stage, for one participant. */
export interface StageEndpoints {
  /** Takes a WHIP offer of the token's own participant. */
  readonly publish: string;
  /** The participant whom the token is for. */
  readonly participantId: string;
  /** Takes an offer to receive that participant. */
  subscribe(participantId: string): string;
}

/**
 * Reads from a stage token where the stage is (claims `whip_url` and `jti`), for our stages and those of Amazon IVS. The
 * token is not verified: that is the stage's part. Throws `TokenError` `malformed`.
 */
export function stageEndpoints(token: string): StageEndpoints {
  const claims = readClaims(token);
  const { whip_url: url, jti } = claims ?? {};
  if (typeof url !== "string" || !URL.canParse(url) || typeof jti !== "string") throw new TokenError("malformed");
  const base = url.replace(/\/+$/, "");
  return {
    publish: `${base}/publish/${encodeURIComponent(jti)}`,
    participantId: jti,
    subscribe: (participantId) => `${base}/subscribe/${encodeURIComponent(participantId)}`,
  };
}

/** The claims of a JSON Web Token; undefined when it is none, as the opaque tokens of other WHIP servers. */
export function readClaims(token: string): Record<string, unknown> | undefined {
  const [, payload, signature] = token.split(".");
  if (payload === undefined || signature === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
    return typeof claims === "object" && claims !== null ? (claims as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
