/** What is wrong with a token. */
export type TokenErrorCode =
  | "missing"
  | "malformed"
  | "expired"
  | "not-yet-valid"
  | "bad-signature"
  | "wrong-audience"
  | "revoked"
  | "exchanged"
  | "refused";

const sentences: Record<TokenErrorCode, string> = {
  missing: "no token was given: send it as `Authorization: Bearer TOKEN`",
  malformed: "the token is not a stage token",
  expired: "the token has expired: get a new one",
  "not-yet-valid": "the token is not valid yet: compare the clocks of the two machines",
  "bad-signature": "the token was not signed by this stage",
  "wrong-audience": "the token is for another stage",
  revoked: "the token was revoked: its participant was removed from the stage",
  exchanged: "the token was exchanged for another one",
  refused: "the stage refused the token",
};

/** A token does not open the stage. Neither the message nor any field holds the token. */
export class TokenError extends Error {
  override readonly name = "TokenError";
  readonly code: TokenErrorCode;

  constructor(code: TokenErrorCode, options?: ErrorOptions) {
    super(sentences[code], options);
    this.code = code;
  }
}

/** Whether a peer's error code is one of ours. */
export function isTokenErrorCode(code: unknown): code is TokenErrorCode {
  return typeof code === "string" && Object.hasOwn(sentences, code);
}
