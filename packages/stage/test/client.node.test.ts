import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { accessUnit } from "@inband/rig/access-unit";
import { expiredToken } from "@inband/rig/stage/expired-token";
import { servedStage } from "@inband/rig/stage/served-stage";
import { until } from "@inband/rig/until";
import { newVideo } from "@inband/rig/werift/test-peer";
import { connectWhep, connectWhip, RemoteError, stageEndpoints, TokenError } from "@inband/stage/client";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { peer } from "./stage.ts";

/** A server on loopback that does as told. */
async function server(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const http = createServer(handle);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    http.close();
    http.closeAllConnections();
  });
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

const redirectTo =
  (location: string | undefined, status = 307) =>
  (_: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, location === undefined ? {} : { location }).end();
  };

function publisher() {
  const pc = peer();
  pc.addTransceiver("video", { direction: "sendonly" });
  return pc;
}

describe("stageEndpoints", () => {
  it("reads from a token where its stage is", async () => {
    const { stage, url } = await servedStage();
    const token = await stage.createToken({ url, participantId: "alice" });
    const endpoints = stageEndpoints(token);
    expect(endpoints).toMatchObject({ publish: `${url}/publish/alice`, participantId: "alice" });
    expect(endpoints.subscribe("bob/../x")).toBe(`${url}/subscribe/bob%2F..%2Fx`);
    expect(() => stageEndpoints("opaque")).toThrow(TokenError);
    expect(() => stageEndpoints("a.b.c")).toThrow(TokenError);
  });
});

describe("connectWhip and connectWhep", () => {
  it("follow redirects by hand, with POST and token, to the stage itself", async () => {
    const { stage, url } = await servedStage();
    const token = await stage.createToken({ url, participantId: "alice" });
    for (const status of [301, 302, 303, 307, 308]) {
      const seen: (string | undefined)[] = [];
      const front = await server((request, response) => {
        seen.push(`${request.method} ${request.headers.authorization}`);
        redirectTo(`${url}/publish/alice`, status)(request, response);
      });
      const video = newVideo();
      const pc = peer();
      const connected = video.connect(pc);
      const session = await connectWhip(pc, { url: `${front}/`, token });
      await connected;
      expect(seen).toEqual([`POST Bearer ${token}`]);
      expect(session.location).toMatch(`${url}/publish/alice/`);
      await session.close();
      await session.close();
      await until(() => stage.participants().length === 0);
    }
  });

  it("carry the token neither to another host nor from https to http, and give up in a circle", async () => {
    const elsewhere: string[] = [];
    const other = (
      await server((request, response) => {
        elsewhere.push(request.headers.authorization ?? "");
        response.writeHead(500).end();
      })
    ).replace("127.0.0.1", "localhost");
    const away = await server(redirectTo(`${other}/steal`));
    await expect(connectWhip(publisher(), { url: away, token: "secret" })).rejects.toThrow(/trustedHosts/);
    await expect(connectWhip(publisher(), { url: away, token: "secret", trustedHosts: ["localhost"] })).rejects.toThrow(
      /answered 500/,
    );
    expect(elsewhere).toEqual(["Bearer secret"]);

    const circle = await server(redirectTo("/again"));
    await expect(connectWhip(publisher(), { url: circle, token: "secret" })).rejects.toThrow(/more than 5 times/);
    const nowhere = await server(redirectTo(undefined));
    await expect(connectWhip(publisher(), { url: nowhere, token: "secret" })).rejects.toThrow(/Location/);
    const scheme = await server(redirectTo("file:///etc/passwd"));
    await expect(connectWhip(publisher(), { url: scheme, token: "secret" })).rejects.toBeInstanceOf(RemoteError);
  });

  it("let the token follow within a service as Amazon IVS runs it, and no further", async () => {
    const asked: string[] = [];
    const redirects = new Map([
      ["https://global.whip.live-video.net/", "https://f1.global-bm.whip.live-video.net/v1/publish"],
      ["https://stage.example.com/", "https://evil.example.com/"],
      ["https://same.example.com/", "http://same.example.com/"],
      ["https://127.0.0.1/", "https://1.0.0.1/"],
    ]);
    vi.stubGlobal("fetch", async (url: URL, { headers }: { headers: Record<string, string> }) => {
      asked.push(`${url.href} ${headers.Authorization}`);
      const location = redirects.get(url.href);
      return new Response(null, location === undefined ? { status: 403 } : { status: 307, headers: { location } });
    });
    onTestFinished(() => void vi.unstubAllGlobals());
    const join = (url: string) => connectWhip(publisher(), { url, token: "secret" });
    await expect(join("https://global.whip.live-video.net/")).rejects.toMatchObject({ status: 403 });
    await expect(join("https://stage.example.com/")).rejects.toThrow(/trustedHosts/);
    await expect(join("https://same.example.com/")).rejects.toThrow(/https: to http:/);
    await expect(join("https://127.0.0.1/")).rejects.toThrow(/trustedHosts/);
    expect(asked).toEqual([
      "https://global.whip.live-video.net/ Bearer secret",
      "https://f1.global-bm.whip.live-video.net/v1/publish Bearer secret",
      "https://stage.example.com/ Bearer secret",
      "https://same.example.com/ Bearer secret",
      "https://127.0.0.1/ Bearer secret",
    ]);
  });

  it("tell what is wrong with the token, without showing it", async () => {
    const { stage, url } = await servedStage();
    const expired = await expiredToken(stage, { url, participantId: "alice" });
    const endpoint = `${url}/publish/alice`;
    const error = await connectWhip(publisher(), { url: endpoint, token: expired }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TokenError);
    expect(error).toMatchObject({ code: "expired" });
    expect(JSON.stringify(error) + String(error)).not.toContain(expired);

    const good = await stage.createToken({ url, participantId: "alice" });
    const forged = `${good.slice(0, good.lastIndexOf("."))}.${"A".repeat(43)}`;
    await expect(connectWhip(publisher(), { url: endpoint, token: forged })).rejects.toMatchObject({
      name: "TokenError",
      code: "bad-signature",
      cause: { status: 401 },
    });
    await expect(connectWhip(publisher(), { url: endpoint })).rejects.toMatchObject({ code: "missing" });
    await expect(connectWhip(publisher(), { url: endpoint, token: "two words" })).rejects.toMatchObject({
      code: "malformed",
    });
    const foreign = await server((_, response) => response.writeHead(401).end("no"));
    await expect(connectWhip(publisher(), { url: foreign, token: "opaque" })).rejects.toMatchObject({
      code: "refused",
    });
  });

  it("hand on the server's own status and words", async () => {
    const json = await server((_, response) => {
      response.writeHead(403).end(JSON.stringify({ error_code: "nope", error_message: "not today" }));
    });
    await expect(connectWhip(publisher(), { url: json, token: "t" })).rejects.toMatchObject({
      name: "RemoteError",
      status: 403,
      code: "nope",
      message: "the stage answered 403: not today",
    });
    const page = await server((_, response) => response.writeHead(502).end("<html>Bad gateway</html>"));
    await expect(connectWhip(publisher(), { url: page, token: "t" })).rejects.toMatchObject({
      status: 502,
      body: "<html>Bad gateway</html>",
      message: "the stage answered 502",
    });
    const empty = await server((_, response) => response.writeHead(201).end("thanks"));
    await expect(connectWhip(publisher(), { url: empty, token: "t" })).rejects.toThrow(/without an SDP answer/);
    const long = await server((_, response) => response.writeHead(201).end(`v=0\r\n${"a=x\r\n".repeat(50_000)}`));
    await expect(connectWhip(publisher(), { url: long, token: "t" })).rejects.toThrow("more than 4000 lines");
  });

  it("take an answer whose candidates stand in the first section only", async () => {
    const { stage, url } = await servedStage();
    const token = await stage.createToken({ url, participantId: "alice" });
    const publishing = peer();
    const video = newVideo();
    const connected = video.connect(publishing);
    await connectWhip(publishing, { url: `${url}/publish/alice`, token });
    await connected;
    await until(() => stage.participants()[0]?.isConnected === true);
    const front = await server(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const answer = await fetch(`${url}/subscribe/alice`, {
        method: "POST",
        headers: { "content-type": "application/sdp", authorization: request.headers.authorization ?? "" },
        body: Buffer.concat(chunks),
      });
      const [head, first, ...rest] = (await answer.text()).split(/(?=^m=)/m);
      const stripped = rest.map((section) => section.replace(/^a=(candidate|end-of-candidates).*\r\n/gm, ""));
      response.writeHead(201, { location: "/here" }).end([head, first, ...stripped].join(""));
    });
    const viewer = peer();
    const session = await connectWhep(viewer, { url: front, token });
    expect(session.location).toBe(`${front}/here`);
    const sections = viewer.remoteDescription?.sdp.split(/(?=^m=)/m).slice(1) ?? [];
    expect(sections).toHaveLength(2);
    for (const section of sections.filter((text) => !/^m=\S+ 0 /.test(text))) expect(section).toMatch(/^a=candidate:/m);
    await until(() => viewer.connectionState === "connected");
    video.write(accessUnit(0));
  });

  it("refuse what cannot work before they ask, and stop when the signal aborts", async () => {
    await expect(connectWhip(peer(), { url: "http://127.0.0.1:9/" })).rejects.toThrow(/add a track/);
    await expect(connectWhip(publisher(), { url: "ftp://127.0.0.1/" })).rejects.toThrow(/http or https/);
    const silent = await server(() => {});
    const controller = new AbortController();
    const joined = connectWhip(publisher(), { url: silent, token: "t", signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 100);
    await expect(joined).rejects.toThrow("enough");
  });

  it("read of an answer no more than it may have, and wait for it no longer than they are told", async () => {
    let sent = 0;
    const chunk = Buffer.alloc(64 * 1024, "A");
    const endless = await server((_, response) => {
      response.writeHead(403);
      const pump = (): void => {
        while (!response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", pump);
        }
      };
      pump();
      response.on("error", () => {});
    });
    const error = await connectWhep(peer(), { url: endless, token: "t" }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "RemoteError", status: 403, body: "A".repeat(2000) });
    // What the sockets of both sides hold comes on top.
    expect(sent).toBeLessThan(16 * 1024 * 1024);

    const silent = await server(() => {});
    await expect(connectWhep(peer(), { url: silent, token: "t", timeoutMs: 100 })).rejects.toMatchObject({
      name: "ConnectError",
      code: "timeout",
    });
    const left: string[] = [];
    const drip = await server((request, response) => {
      if (request.method === "DELETE") {
        left.push(request.url ?? "");
        response.end();
        return;
      }
      response.writeHead(201, { location: "/session" });
      const timer = setInterval(() => response.write("v"), 20);
      response.on("close", () => clearInterval(timer));
    });
    await expect(connectWhep(peer(), { url: drip, token: "t", timeoutMs: 2000 })).rejects.toMatchObject({
      code: "timeout",
    });
    expect(left).toEqual(["/session"]);
    await expect(connectWhep(peer(), { url: drip, timeoutMs: 0 })).rejects.toThrow(RangeError);
  });
});
