import { checkToken, readClaims, stageEndpoints, TokenError } from "@inband/stage-protocol";
import { describe, expect, it } from "vitest";

const base64url = (text: string): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

function tokenOf(claims: unknown): string {
  return `${base64url('{"alg":"HS256"}')}.${base64url(JSON.stringify(claims))}.c2lnbmF0dXJl`;
}

const codeOf = (call: () => unknown): string => {
  try {
    call();
    return "taken";
  } catch (error) {
    return (error as TokenError).code;
  }
};

describe("a token", () => {
  it("says where its stage is", () => {
    const claims = { whip_url: "https://stage.example/live/", jti: "a lice" };
    const { publish, participantId, subscribe } = stageEndpoints(tokenOf(claims));
    expect([publish, participantId, subscribe("b/ob")]).toEqual([
      "https://stage.example/live/publish/a%20lice",
      "a lice",
      "https://stage.example/live/subscribe/b%2Fob",
    ]);
  });

  it("is read in any script, and may be opaque", () => {
    expect(readClaims(tokenOf({ user_id: "Zo\u00eb \u{1f3a5}" }))).toEqual({ user_id: "Zo\u00eb \u{1f3a5}" });
    for (const opaque of ["", "secret", "a.b.c", tokenOf([1]), tokenOf(null), `${tokenOf({})}.d`]) {
      expect(readClaims(opaque)).toBeUndefined();
    }
  });

  it("is refused before it is sent where no server would take it", () => {
    const now = Date.now() / 1000;
    expect(codeOf(() => checkToken(tokenOf({ exp: now - 1 })))).toBe("expired");
    expect(codeOf(() => checkToken(tokenOf({ nbf: now + 3600 })))).toBe("not-yet-valid");
    expect(codeOf(() => checkToken("of two\r\nlines"))).toBe("malformed");
    expect(codeOf(() => stageEndpoints(tokenOf({ jti: "alice" })))).toBe("malformed");
    expect(codeOf(() => stageEndpoints(tokenOf({ jti: "alice", whip_url: "no URL" })))).toBe("malformed");
    expect(codeOf(() => checkToken("opaque"))).toBe("taken");
    expect(new TokenError("expired").message).not.toContain("ey");
  });
});
