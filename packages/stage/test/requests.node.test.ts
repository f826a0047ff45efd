import { expiredToken } from "@inband/rig/stage/expired-token";
import { createStage, maxOfferBytes, type Stage, serveStage, type TokenOptions } from "@inband/stage/server";
import wrtc from "@roamhq/wrtc";
import { jwtVerify, SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, it, onTestFinished } from "vitest";
import { offerOf } from "./stage.ts";

const url = "http://127.0.0.1:9";
const secret = new Uint8Array(32).fill(7);

function newStage(options: Parameters<typeof createStage>[0] = {}): Stage {
  const stage = createStage({ secret, topic: "test", ...options });
  onTestFinished(() => stage.close());
  return stage;
}

interface Call {
  readonly path?: string;
  readonly method?: string;
  readonly token?: string | undefined;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

async function call(stage: Stage, { path = "/publish/alice", method = "POST", token, body = "v=0", headers }: Call) {
  const response = await stage.app.request(path, {
    method,
    headers: {
      ...(method === "POST" ? { "content-type": "application/sdp" } : {}),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(method === "POST" ? { body } : {}),
  });
  const text = await response.text();
  const error = /json/.test(response.headers.get("content-type") ?? "") ? JSON.parse(text) : {};
  return {
    status: response.status,
    code: error.error_code,
    message: error.error_message,
    text,
    headers: response.headers,
  };
}

const tokenFor = (stage: Stage, options: Partial<TokenOptions> = {}): Promise<string> =>
  stage.createToken({ url, participantId: "alice", ...options });

describe("the stage's tokens", () => {
  it("carry the claims that Amazon IVS clients read", async () => {
    const stage = newStage();
    const token = await stage.createToken({
      url: "http://127.0.0.1:8080/stage/",
      participantId: "alice",
      userId: "user-1",
      attributes: { name: "Alice" },
      capabilities: { allow_publish: true },
      expiresInSeconds: 60,
    });
    const { payload, protectedHeader } = await jwtVerify(token, secret);
    expect(protectedHeader.alg).toBe("HS256");
    expect(payload).toMatchObject({
      jti: "alice",
      user_id: "user-1",
      topic: "test",
      attributes: { name: "Alice" },
      capabilities: { allow_publish: true, allow_subscribe: false },
      whip_url: "http://127.0.0.1:8080/stage",
      events_url: "ws://127.0.0.1:8080/stage",
      version: "0.0",
    });
    expect(payload.resource).toMatch(/^arn:/);
    expect((payload.exp as number) - (payload.iat as number)).toBe(60);
  });

  it("cannot be asked for with options that make no sense", async () => {
    const stage = newStage();
    await expect(tokenFor(stage, { url: "ftp://x" })).rejects.toThrow(/url: .* got /);
    await expect(tokenFor(stage, { participantId: "a/b" })).rejects.toThrow(/participantId/);
    for (const participantId of [".", "..", "publish", "subscribe"]) {
      await expect(tokenFor(stage, { participantId })).rejects.toThrow(/participantId/);
    }
    for (const expiresInSeconds of [Number.NaN, -1, 0, Number.POSITIVE_INFINITY]) {
      await expect(tokenFor(stage, { expiresInSeconds })).rejects.toThrow(/expiresInSeconds: .* got /);
    }
    expect(() => createStage({ secret: new Uint8Array(8) })).toThrow(/32 bytes/);
    for (const origin of ["https://app.example.com/", "https://app.example.com/page", "app.example.com", "*", "null"]) {
      expect(() => createStage({ allowedOrigins: [origin] }), origin).toThrow(/allowedOrigins: .* got /);
    }
    newStage({ allowedOrigins: ["http://example.com:8080", "capacitor://localhost", "chrome-extension://abcdef"] });
  });

  it("are refused when missing, malformed, expired, of another stage or not signed by this one", async () => {
    const stage = newStage();
    const others = newStage({ topic: "another" });
    const forged = newStage({ secret: new Uint8Array(32).fill(8) });
    const good = await tokenFor(stage);
    const claims = (await jwtVerify(good, secret)).payload;
    const cases: [string | undefined, string][] = [
      [undefined, "missing"],
      ["nonsense", "malformed"],
      [`${good}x`, "bad-signature"],
      [await expiredToken(stage, { url, participantId: "alice" }), "expired"],
      [await tokenFor(others), "wrong-audience"],
      [await tokenFor(forged), "bad-signature"],
      [new UnsecuredJWT(claims).encode(), "bad-signature"],
      [
        await new SignJWT(claims).setProtectedHeader({ alg: "HS512" }).sign(new Uint8Array(64).fill(7)),
        "bad-signature",
      ],
      [
        await new SignJWT({ ...claims, nbf: 99_999_999_999 }).setProtectedHeader({ alg: "HS256" }).sign(secret),
        "not-yet-valid",
      ],
    ];
    for (const [token, code] of cases) {
      const answer = await call(stage, { token });
      expect([answer.status, answer.code], code).toEqual([401, code]);
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
      if (token !== undefined) expect(answer.text).not.toContain(token);
    }
  });

  it("open only what they allow, and only for their own participant", async () => {
    const stage = newStage();
    const viewer = await tokenFor(stage, { capabilities: { allow_subscribe: true } });
    const publisher = await tokenFor(stage, { capabilities: { allow_publish: true } });
    expect(await call(stage, { token: viewer })).toMatchObject({ status: 403, code: "may-not-publish" });
    expect(await call(stage, { token: publisher, path: "/publish/bob" })).toMatchObject({
      status: 403,
      code: "not-yours",
    });
    expect(await call(stage, { token: publisher, path: "/subscribe/bob" })).toMatchObject({
      status: 403,
      code: "may-not-subscribe",
    });
  });

  it("are not logged", async () => {
    const lines: unknown[] = [];
    const log = (...values: unknown[]): void => void lines.push(...values);
    const stage = newStage({ logger: { debug: log, info: log, warn: log, error: log } });
    const token = await tokenFor(stage);
    await call(stage, { token, body: await offerOf("sendonly") });
    await call(stage, { token: `${token}x` });
    await stage.close();
    expect(lines.length).toBeGreaterThan(0);
    expect(JSON.stringify(lines)).not.toContain(token.split(".")[1]);
  });
});

describe("the stage", () => {
  it("answers an offer with 201, all candidates and a Location that DELETE takes once, from its owner", async () => {
    const stage = newStage();
    const token = await tokenFor(stage);
    const answer = await call(stage, { token, body: await offerOf("sendonly") });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("content-type")).toMatch(/^application\/sdp/);
    expect(answer.text).toMatch(/a=candidate:.* 127\.0\.0\.1 /);
    expect(answer.text).toMatch(/^a=recvonly/m);
    const path = answer.headers.get("location") as string;
    expect(path).toMatch(/^\/publish\/alice\/[\w-]+$/);
    expect(stage.participants()).toMatchObject([{ participantId: "alice", hasVideo: true, isConnected: false }]);

    const stranger = await tokenFor(stage, { participantId: "eve" });
    expect(await call(stage, { method: "DELETE", path, token: stranger })).toMatchObject({
      status: 403,
      code: "not-yours",
    });
    expect((await call(stage, { method: "DELETE", path })).status).toBe(401);
    expect((await call(stage, { method: "DELETE", path, token })).status).toBe(200);
    expect(stage.participants()).toEqual([]);
    expect(await call(stage, { method: "DELETE", path, token })).toMatchObject({ status: 404, code: "no-session" });
  });

  it.each([
    ["whose participant is removed", { status: 401, code: "revoked" }, (stage: Stage) => stage.kick("alice")],
    ["while it closes", { status: 503, code: "closing" }, (stage: Stage) => stage.close()],
  ] as const)("opens no session for an offer %s before all of it has come", async (_, refusal, meanwhile) => {
    const stage = newStage();
    const token = await tokenFor(stage);
    const offer = Buffer.from(await offerOf("sendonly"));
    let isLate = false;
    const body = new ReadableStream(
      {
        async pull(controller) {
          // The token has been looked at by now.
          await meanwhile(stage);
          isLate = true;
          controller.enqueue(offer);
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const headers = { "content-length": String(offer.length), "content-type": "application/sdp" };
    const request = new Request(`${url}/publish/alice`, {
      ...{ method: "POST", body, duplex: "half", headers: { ...headers, authorization: `Bearer ${token}` } },
    });
    const response = await stage.app.fetch(request);
    const { error_code: code } = (await response.json()) as { error_code?: string };
    expect({ isLate, status: response.status, code }).toEqual({ isLate: true, ...refusal });
    expect(stage.participants()).toEqual([]);
  });

  it("names its location under the path where it is mounted", async () => {
    const { Hono } = await import("hono");
    const stage = newStage();
    const app = new Hono().route("/live", stage.app);
    const response = await app.request("/live/publish/alice", {
      method: "POST",
      headers: { "content-type": "application/sdp", authorization: `Bearer ${await tokenFor(stage)}` },
      body: await offerOf("sendonly"),
    });
    expect(response.status).toBe(201);
    expect(response.headers.get("location")).toMatch(/^\/live\/publish\/alice\//);
  });

  it("refuses bodies that are no SDP offers, or too large", async () => {
    const stage = newStage();
    const token = await tokenFor(stage);
    const json = { "content-type": "application/json" };
    expect(await call(stage, { token, headers: json })).toMatchObject({ status: 415, code: "not-sdp" });
    expect(await call(stage, { token, body: "" })).toMatchObject({ status: 400, code: "bad-sdp" });
    expect(await call(stage, { token, body: "hello" })).toMatchObject({ status: 400, code: "bad-sdp" });
    expect(await call(stage, { token, body: "v=0\r\ns=-\r\n" })).toMatchObject({ status: 400, code: "no-media" });
    const body = await offerOf("sendonly");
    expect(await call(stage, { token, body: body.replace(/a=ice-pwd.*\r\n/g, "") })).toMatchObject({ status: 400 });
    expect(await call(stage, { token, body: body.replace(/a=ssrc.*\r\n/g, "") })).toMatchObject({
      status: 400,
      code: "no-ssrc",
    });
    expect(await call(stage, { token, body: "v".repeat(maxOfferBytes + 1) })).toMatchObject({
      status: 413,
      code: "too-large",
    });
  });

  it("refuses a body that turns out too large while it comes, over a real connection", async () => {
    const stage = newStage();
    const served = await serveStage(stage);
    onTestFinished(() => served.close());
    const chunk = new Uint8Array(16 * 1024).fill(118);
    let sent = 0;
    const response = await fetch(`${served.url}/publish/alice`, {
      method: "POST",
      headers: { "content-type": "application/sdp", authorization: `Bearer ${await tokenFor(stage)}` },
      body: new ReadableStream({
        pull: (controller) => (sent++ < 6 ? controller.enqueue(chunk) : controller.close()),
      }),
      duplex: "half",
    } as RequestInit);
    expect(response.status).toBe(413);
  });

  it("refuses a real peer without H.264 and names what it offered", async () => {
    const stage = newStage();
    const pc = new wrtc.RTCPeerConnection();
    onTestFinished(() => pc.close());
    pc.addTransceiver("video", { direction: "sendonly" });
    await pc.setLocalDescription(await pc.createOffer());
    const answer = await call(stage, { token: await tokenFor(stage), body: pc.localDescription?.sdp as string });
    expect(answer).toMatchObject({ status: 406, code: "no-h264" });
    expect(answer.message).toMatch(/VP8.*VP9/);
    expect(stage.participants()).toEqual([]);
  });

  it("picks constrained baseline in packetization mode 1 from among other formats of H.264", async () => {
    const stage = newStage();
    const offer = (await offerOf("sendonly"))
      .replace("SAVPF 96 97", "SAVPF 120 121 122 96 97")
      .replace(
        "a=rtpmap:96 ",
        "a=rtpmap:120 VP8/90000\r\na=rtpmap:121 H264/90000\r\na=fmtp:121 profile-level-id=42e01f;packetization-mode=0\r\n" +
          "a=rtpmap:122 H264/90000\r\na=fmtp:122 packetization-mode=1;profile-level-id=64001f\r\na=rtpmap:96 ",
      );
    const answer = await call(stage, { token: await tokenFor(stage), body: offer });
    expect(answer.status).toBe(201);
    expect(answer.text).toMatch(/^m=video \d+ UDP\/TLS\/RTP\/SAVPF 96 97/m);
    expect(answer.text).toMatch(/packetization-mode=1/);
  });

  it("says who is not there to be received, what is not there at all, and when there are too many", async () => {
    const stage = newStage({ maxPublishers: 1 });
    const token = await tokenFor(stage);
    expect(await call(stage, { token, path: "/subscribe/nobody", body: await offerOf("recvonly") })).toMatchObject({
      status: 404,
      code: "not-publishing",
    });
    expect(await call(stage, { token, path: "/elsewhere" })).toMatchObject({ status: 404, code: "not-found" });
    expect((await call(stage, { token, body: await offerOf("sendonly") })).status).toBe(201);
    const bob = await tokenFor(stage, { participantId: "bob" });
    expect(await call(stage, { token: bob, path: "/publish/bob", body: await offerOf("sendonly") })).toMatchObject({
      status: 403,
      code: "too-many-publishers",
    });
  });

  it("lets pages on this machine call it, and those that it was told of, and no others", async () => {
    const stage = newStage({ allowedOrigins: ["https://app.example.com"] });
    const preflight = async (origin: string) =>
      (
        await call(stage, {
          method: "OPTIONS",
          headers: {
            origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization",
          },
        })
      ).headers;
    for (const origin of [
      "http://127.0.0.1:5173",
      "http://localhost:1",
      "https://[::1]:8",
      "https://app.example.com",
    ]) {
      const headers = await preflight(origin);
      expect(headers.get("access-control-allow-origin")).toBe(origin);
      expect(headers.get("access-control-allow-methods")).toContain("DELETE");
      expect(headers.get("access-control-allow-headers")?.toLowerCase()).toContain("authorization");
    }
    for (const origin of ["https://example.com", "http://127.0.0.1.example.com", "null", "http://localhost.evil.com"]) {
      expect((await preflight(origin)).get("access-control-allow-origin")).toBeNull();
    }
    const answer = await call(stage, { token: "x", headers: { origin: "http://localhost:3000" } });
    expect(answer.headers.get("access-control-expose-headers")).toMatch(/Location/);
    expect(answer.headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
  });

  it("says in one sentence why it cannot listen", async () => {
    const stage = newStage();
    const served = await serveStage(stage);
    onTestFinished(() => served.close());
    const { port } = new URL(served.url);
    await expect(serveStage(stage, { port: Number(port) })).rejects.toThrow(
      `the stage cannot listen on 127.0.0.1:${port}: the port is taken`,
    );
  });
});
