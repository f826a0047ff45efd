import { connect, type Socket } from "node:net";
import { accessUnit } from "@inband/rig/access-unit";
import { hangMs } from "@inband/rig/hang";
import { hostileBytes } from "@inband/rig/hostile-bytes";
import { Random } from "@inband/rig/random";
import { SeparateStage, type StageReport } from "@inband/rig/stage/separate-stage";
import { until } from "@inband/rig/until";
import { newVideo } from "@inband/rig/werift/test-peer";
import { connectWhep, connectWhip } from "@inband/stage/client";
import { jwtVerify, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { type RTCDtlsTransport, RtpHeader } from "werift";
import { WebSocket } from "ws";
import { EventsClient } from "./events.ts";
import { offerOf, peer } from "./stage.ts";
import { Witness } from "./witness.ts";

const secret = "07".repeat(32);
const mebibyte = 1024 * 1024;
/** What bob's media is made of. */
const bobsBytes = Buffer.alloc(16, 0x5b);

let stage: SeparateStage;
let witness: Witness;
let before: StageReport;

beforeAll(async () => {
  stage = await SeparateStage.start({ secret });
  witness = await Witness.join(stage.url, (participantId) => stage.token(participantId), bobsBytes);
  before = await stage.report();
});
afterAll(async () => {
  await witness[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly location: string | null;
}

async function call(method: string, path: string, token: string | undefined, body?: string, type = "application/sdp") {
  const response = await fetch(`${stage.url}${path}`, {
    method,
    headers: { "content-type": type, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    ...(body === undefined ? {} : { body }),
  });
  const code = /"error_code":"([^"]*)"/.exec(await response.text())?.[1];
  return { status: response.status, code, location: response.headers.get("location") } satisfies Answer;
}

/** Writes to a connection of its own, part by part, until an answer comes; resolves to its status, 0 where none came. */
async function statusOf(...parts: readonly (string | Buffer)[]): Promise<number> {
  const { hostname, port } = new URL(stage.url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  let said = "";
  let isOver = false;
  socket.on("data", (bytes) => {
    said += bytes;
  });
  socket.on("close", () => {
    isOver = true;
  });
  for (const part of parts) {
    if (said !== "" || isOver) break;
    await new Promise((resolve) => socket.write(part, resolve));
    // An answer that meets more of the request is lost in the reset of the connection.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await until(() => said.includes("\r\n") || isOver);
  socket.destroy();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(said)?.[1] ?? 0);
}

async function join(participantId: string, token?: string): Promise<EventsClient> {
  const client = new EventsClient(stage.url, token ?? (await stage.token(participantId)));
  await client.payload("aws:ivs:STAGE_STATE");
  return client;
}

describe("a stage", () => {
  it("refuses tokens that are forged, out of their time, of others or a megabyte long, by HTTP and by its socket", async () => {
    const key = Buffer.from(secret, "hex");
    const { payload } = await jwtVerify(await stage.token("bob"), key);
    const sign = (claims: object, alg = "HS256", by: Uint8Array = key) =>
      new SignJWT({ ...payload, ...claims }).setProtectedHeader({ alg }).sign(by);
    const cases: [string, string, string, string][] = [
      ["without a signature", (await stage.token("bob")).replace(/[^.]*$/, ""), "bad-signature", "INVALID_SIGNATURE"],
      ["of alg none", new UnsecuredJWT(payload).encode(), "bad-signature", "INVALID_SIGNATURE"],
      ["of another key", await sign({}, "HS256", new Uint8Array(32)), "bad-signature", "INVALID_SIGNATURE"],
      ["of another algorithm", await sign({}, "HS512", new Uint8Array(64)), "bad-signature", "INVALID_SIGNATURE"],
      ["that has expired", await sign({ exp: 1 }), "expired", "EXPIRED"],
      ["that is not valid yet", await sign({ nbf: 99_999_999_999 }), "not-yet-valid", "INVALID"],
      [
        "of another stage",
        await sign({ aud: "arn:inband:stage:local:000000000000:stage/x" }),
        "wrong-audience",
        "INVALID",
      ],
      ["of another issuer", await sign({ iss: "somebody" }), "wrong-audience", "INVALID"],
      ["without a participant", await sign({ jti: undefined }), "malformed", "INVALID"],
      ["that ends never", await sign({ exp: undefined }), "malformed", "INVALID"],
      ["of 10 kB", "A".repeat(10_000), "malformed", "INVALID"],
    ];
    const offer = await offerOf("sendonly");
    const bob = await join("bob");
    for (const [what, token, code, socketCode] of cases) {
      for (const path of ["/publish/bob", "/subscribe/alice"]) {
        expect(await call("POST", path, token, offer), `${path} ${what}`).toMatchObject({ status: 401, code });
      }
      for (const method of ["GET", "POST"]) {
        const body = method === "POST" ? '"x"' : undefined;
        const answer = await call(method, "/alice/messages", token, body, "application/json");
        expect(answer, `messages ${what}`).toMatchObject({ status: 401, code });
      }
      const left = JSON.stringify({ authorization: token });
      expect((await call("POST", `${new URL(witness.location).pathname}/leave`, undefined, left)).code, what).toBe(
        code,
      );
      const joining = new EventsClient(stage.url, token);
      expect(await joining.payload("aws:ivs:JOIN_ERROR"), what).toMatchObject({
        code: `TOKEN_${socketCode}`,
        fatal: true,
      });
      const requestId = `exchange ${what}`;
      const exchange = { oldToken: "", newToken: token, requestId, traceId: "t" };
      bob.send({ type: "aws:ivs:EXCHANGE_TOKEN", payload: exchange });
      await until(() => bob.of("aws:ivs:EXCHANGE_TOKEN").at(-1)?.payload.requestId === requestId);
      expect(bob.of("aws:ivs:EXCHANGE_TOKEN").at(-1)?.payload.error.message, what).toEqual(expect.any(String));
    }
    const long = "A".repeat(mebibyte);
    const parts = long.match(/.{8192}/g) ?? [];
    expect(await statusOf("POST /publish/bob HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ", ...parts)).toBe(
      431,
    );
    const upgrade = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
    expect(await statusOf(`${upgrade}Sec-WebSocket-Protocol: `, ...parts)).toBe(431);
    expect(
      await call("POST", "/publish/bob/x/leave", undefined, JSON.stringify({ authorization: long })),
    ).toMatchObject({
      status: 413,
    });
    bob.send({ type: "aws:ivs:EXCHANGE_TOKEN", payload: { newToken: long, requestId: "long", traceId: "t" } });
    await until(() => bob.ended === 1009);
    await witness.hears();
  });

  it("lets a token do no more than it says, whatever else stands in it", async () => {
    const key = Buffer.from(secret, "hex");
    const { payload } = await jwtVerify(await stage.token("bob"), key);
    const offer = await offerOf("sendonly");
    for (const capabilities of [
      undefined,
      null,
      "all",
      ["allow_publish"],
      { allow_publish: "true" },
      { allow_publish: 1 },
    ]) {
      const token = await new SignJWT({ ...payload, capabilities }).setProtectedHeader({ alg: "HS256" }).sign(key);
      const answers = [
        await call("POST", "/publish/bob", token, offer),
        await call("POST", "/subscribe/alice", token, offer),
        await call("POST", "/alice/messages", token, '"x"', "application/json"),
        await call("GET", "/alice/messages", token),
      ];
      expect(answers.map(({ code }) => code)).toEqual([
        "may-not-publish",
        "may-not-subscribe",
        "may-not-publish-messages",
        "may-not-subscribe",
      ]);
    }
    await witness.hears();
  });

  it("refuses offers that are none, by HTTP and by its socket alike", async () => {
    const offer = await offerOf("sendonly");
    const lines = (count: number, line: string): string => offer + `${line}\r\n`.repeat(count);
    const without = (pattern: RegExp): string => offer.replace(pattern, "");
    const cases: [string, string, number, string, number][] = [
      ["nothing", "", 400, "bad-sdp", 2001],
      ["text", "hello", 400, "bad-sdp", 2001],
      ["10 kB of NUL", `v=0\r\n${"\0".repeat(10_000)}`, 400, "no-media", 2001],
      ["no media", without(/^m=[\s\S]*/m), 400, "no-media", 2001],
      ["thousands of m-lines", lines(3000, "m=text 9 RTP/AVP 0"), 400, "too-many-lines", 2001],
      ["nine m-lines", lines(8, "m=audio 9 RTP/AVP 0"), 400, "too-many-sections", 2001],
      ["m-lines that say nothing", lines(3, "m="), 400, "bad-sdp", 2001],
      ["no H.264", offer.replaceAll("H264", "VP8"), 406, "no-h264", 2014],
      ["no ICE", without(/^a=ice-(ufrag|pwd).*\r\n/gm), 400, "bad-sdp", 2001],
      ["no DTLS", without(/^a=fingerprint.*\r\n/gm), 400, "bad-sdp", 2001],
      ["no SSRC", without(/^a=ssrc.*\r\n/gm), 400, "no-ssrc", 2001],
    ];
    const token = await stage.token("bob");
    const bob = await join("bob", token);
    for (const [index, [what, content, status, code, number]] of cases.entries()) {
      expect(await call("POST", "/publish/bob", token, content), what).toMatchObject({ status, code });
      const payload = { requestId: String(index), whipUrl: `${stage.url}/publish/bob`, content };
      bob.send({ type: "aws:ivs:SDP_OFFER", payload });
      const answer = await bob.payload("aws:ivs:SDP_ANSWER", index + 1);
      // The SDK reads the number under another status.
      const httpStatusCode = code === "no-h264" ? 403 : status;
      expect(answer, what).toEqual({ requestId: String(index), httpStatusCode, errorCode: number });
    }
    expect(await call("POST", "/publish/bob", token, "v=0\r\n".padEnd(mebibyte, "a"))).toMatchObject({ status: 413 });
    bob.send({ type: "aws:ivs:SDP_OFFER", payload: { requestId: "x", content: "v=0\r\n".padEnd(mebibyte, "a") } });
    await until(() => bob.ended === 1009);
    await witness.hears();
  });

  it("answers or refuses whatever is left of an offer that was spoiled", async () => {
    const random = new Random(10);
    const offer = await offerOf("sendonly");
    const token = await stage.token("bob");
    const statuses = new Set<number>();
    for (let count = 0; count < 150; count++) {
      const bytes = Buffer.from(offer);
      for (let slip = random.integer(1, 8); slip > 0; slip--) {
        const at = random.integer(0, bytes.length - 1);
        const junk = random.oneIn(2) ? Buffer.from("\r\nm=a=:/ 99999999999-1") : Buffer.from(hostileBytes(random, 12));
        junk.copy(bytes, at, 0, random.integer(1, junk.length));
      }
      const { status, location } = await call("POST", "/publish/bob", token, bytes.toString("latin1"));
      statuses.add(status);
      // What cannot connect may have ended by itself.
      if (location !== null) expect([200, 404]).toContain((await call("DELETE", location, token)).status);
    }
    expect([...statuses].filter((status) => ![201, 400, 406].includes(status))).toEqual([]);
    expect(statuses.size).toBeGreaterThan(1);
    await witness.hears();
  });

  it("takes the name of a participant for a name, never for a path or a member of an object", async () => {
    const token = await stage.token("bob");
    const offer = await offerOf("recvonly");
    for (const name of [
      "..%2f..%2falice",
      "%2e%2e",
      "alice%00",
      "alice%2f",
      "a%5cb",
      "__proto__",
      "constructor",
      "%ff",
      "%",
      "a".repeat(5000),
    ]) {
      expect((await call("POST", `/subscribe/${name}`, token, offer)).status, name).toBe(404);
      expect([403, 404], name).toContain((await call("POST", `/publish/${name}`, token, offer)).status);
      expect((await call("GET", `/${name}/messages`, token)).status, name).toBe(404);
      expect((await call("DELETE", `/publish/alice/${name}`, token)).status, name).toBe(404);
    }
    for (const path of [
      "/../alice/messages",
      "//alice/messages",
      "/publish/../alice/messages",
      "http://evil.example/",
    ]) {
      const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
      expect([400, 401, 404, 421], path).toContain(await statusOf(request));
    }
    await witness.hears();
  });

  it("ends a session for nobody but its participant", async () => {
    const bob = await stage.token("bob");
    const { pathname } = new URL(witness.location);
    const id = pathname.split("/").at(-1);
    const left = (token: string) => JSON.stringify({ authorization: token });
    const answers = [
      await call("DELETE", pathname, bob),
      await call("DELETE", `/publish/bob/${id}`, bob),
      await call("DELETE", `/subscribe/alice/${id}`, bob),
      await call("POST", `${pathname}/leave`, undefined, left(bob), "text/plain"),
      await call("POST", `/subscribe/bob/${id}/leave`, undefined, left(bob), "text/plain"),
    ];
    expect(answers.map(({ status, code }) => [status, code])).toEqual(answers.map(() => [403, "not-yours"]));
    expect((await call("POST", `${pathname}/leave`, undefined, "null")).status).toBe(401);
    expect((await call("DELETE", pathname, undefined)).status).toBe(401);
    await witness.hears();
  });

  it("answers no page of another site, and no request for another host", async () => {
    const { hostname, port } = new URL(stage.url);
    for (const host of [
      "evil.example",
      `evil.example:${port}`,
      `${hostname}.evil.example`,
      "localhost@evil.example",
      "[::2]",
      "",
    ]) {
      for (const path of ["/health", "/metrics", "/alice/messages"]) {
        expect([400, 421], `${host} ${path}`).toContain(
          await statusOf(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
        );
      }
      const upgrade =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n";
      expect([400, 404], host).toContain(await statusOf(`GET / HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\n`));
    }
    for (const host of ["localhost", `localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
      expect(await statusOf(`GET /health HTTP/1.1\r\nHost: ${host}\r\n\r\n`), host).toBe(200);
    }
    for (const origin of ["https://evil.example", "http://127.0.0.1.evil.example", "null"]) {
      const { headers } = await fetch(`${stage.url}/publish/alice`, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
      });
      expect(headers.get("access-control-allow-origin"), origin).toBeNull();
      const socket = new EventsClient(stage.url, await stage.token("bob"), { origin });
      await until(() => socket.ended !== undefined);
      expect(socket.ended, origin).toBe(403);
    }
    await witness.hears();
  });

  it("goes on when a connection breaks whose upgrade it has refused", async () => {
    const { hostname, port } = new URL(stage.url);
    for (const path of ["/", "/nowhere", "/alice/messages"]) {
      for (let count = 0; count < 10; count++) {
        const socket = connect(Number(port), hostname);
        onTestFinished(() => void socket.destroy());
        let isOver = false;
        socket.on("error", () => {});
        socket.on("close", () => {
          isOver = true;
        });
        socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
        if (count % 2 === 0) socket.once("data", () => socket.resetAndDestroy());
        else socket.write(Buffer.alloc(mebibyte), () => socket.resetAndDestroy());
        await until(() => isOver);
      }
    }
    expect((await call("GET", "/health", undefined)).status).toBe(200);
    await witness.hears();
  });

  it("ends sockets that break the protocol, flood it or never end a message, and holds nothing of them", async () => {
    const frames: [string, Buffer][] = [
      ["an unmasked frame", Buffer.of(0x81, 2, 0x7b, 0x7d)],
      ["a reserved opcode", Buffer.of(0x8b, 0x80, 0, 0, 0, 0)],
      ["reserved bits", Buffer.of(0xf1, 0x80, 0, 0, 0, 0)],
      ["a length of 2^63", Buffer.of(0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4)],
      ["a length of a gigabyte", Buffer.of(0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4)],
      ["a long ping", Buffer.of(0x89, 0xfe, 0, 200, 0, 0, 0, 0)],
      ["text that is not UTF-8", Buffer.of(0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28)],
    ];
    for (const [index, [what, bytes]] of frames.entries()) {
      const client = await join(`frame-${index}`);
      rawOf(client.socket).write(bytes);
      await until(() => client.ended !== undefined);
      expect(client.socket.readyState, what).toBe(WebSocket.CLOSED);
    }
    const endless = await join("endless");
    rawOf(endless.socket).on("error", () => {});
    for (let sent = 0; endless.ended === undefined && sent < 8 * mebibyte; sent += 4096) {
      const header = Buffer.of(sent === 0 ? 0x01 : 0x00, 0xfe, 4096 >> 8, 0, 0, 0, 0, 0);
      await new Promise((resolve) =>
        rawOf(endless.socket).write(Buffer.concat([header, Buffer.alloc(4096, 32)]), resolve),
      );
    }
    await until(() => endless.ended !== undefined);
    const flood = await Promise.all(Array.from({ length: 20 }, (_, index) => join(`flood-${index}`)));
    for (const client of flood) for (let count = 0; count < 200; count++) client.send({ type: "PING" });
    await until(() => flood.every(({ ended }) => ended === 1008));
    await witness.hears();
  });

  it("forwards nothing of a participant's garbage to others, and goes on with what is none", async () => {
    const token = await stage.token("bob");
    const video = newVideo();
    const sending = peer();
    const connected = video.connect(sending);
    const published = await connectWhip(sending, { url: `${stage.url}/publish/bob`, token });
    await connected;
    const receiving = peer();
    const transceiver = receiving.addTransceiver("video", { direction: "recvonly" });
    let isWhole = false;
    transceiver.onTrack.subscribe((track) =>
      track.onReceiveRtp.subscribe(({ payload }) => {
        isWhole ||= payload.subarray(-bobsBytes.length).equals(bobsBytes);
      }),
    );
    const subscribed = await connectWhep(receiving, { url: `${stage.url}/subscribe/bob`, token });
    await until(() => receiving.connectionState === "connected");
    const random = new Random(5);
    const ends = [sending, receiving].map((pc) => pc.dtlsTransports[0] as RTCDtlsTransport);
    const ssrcs = [witness.ssrc, Number(/^a=ssrc:(\d+)/m.exec(sending.localDescription?.sdp ?? "")?.[1]), 0, 1];
    const bytes = (most: number): Buffer =>
      Buffer.concat([Buffer.from(hostileBytes(random, random.integer(0, most))), bobsBytes]);
    for (let count = 0; count < 1500; count++) {
      const { iceTransport, srtp, srtcp } = ends[count % 2] as RTCDtlsTransport;
      const extensions = random.oneIn(2) ? [{ id: random.integer(1, 14), payload: Buffer.alloc(4, 1) }] : [];
      const header = new RtpHeader({
        payloadType: random.pick([96, 97, 96, 111, 0, 127]),
        ssrc: random.pick(ssrcs),
        sequenceNumber: random.integer(0, 65_535),
        timestamp: random.uint32(),
        marker: random.oneIn(2),
        padding: random.oneIn(8),
        extension: extensions.length > 0,
        extensionProfile: random.pick([0xbede, 0x1000]),
        extensions,
      });
      const rtcp = Buffer.concat([Buffer.of(0x80 + random.integer(0, 31), random.integer(192, 209)), bytes(200)]);
      const datagrams = [srtp.encrypt(bytes(1200), header), srtcp.encrypt(rtcp), bytes(1200)];
      await iceTransport.connection.send(random.pick(datagrams)).catch(() => {});
    }
    // His real media ends with his bytes, too, and comes after all that.
    const picture = {
      ...accessUnit(0),
      nalUnits: [...accessUnit(0).nalUnits, Buffer.concat([Buffer.of(0x41), bobsBytes])],
    };
    isWhole = false;
    for (let count = 0; !isWhole; count++) {
      video.write({ ...picture, timestamp: count * 33_333 });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await Promise.all([published.close(), subscribed.close()]);
    await witness.hears();
  });

  it("drops what is no message on a data channel, and goes on", async () => {
    const pc = peer({ codecs: { video: [], audio: [] } });
    const channel = pc.createDataChannel("messages");
    await connectWhep(pc, { url: `${stage.url}/subscribe/alice`, token: await stage.token("bob") });
    await until(() => channel.readyState === "open");
    const random = new Random(6);
    for (let count = 0; count < 200; count++) {
      await pc.dtlsTransports[0]?.sendData(Buffer.from(hostileBytes(random, random.integer(0, 60))));
    }
    for (const protocol of [50, 51, 53, 56, 57, 0, 99]) {
      for (const stream of [channel.id as number, 77]) {
        for (const bytes of [Buffer.of(2), Buffer.of(3), Buffer.from(hostileBytes(random, 40))]) {
          await pc.sctpTransport?.sctp.send(stream, protocol, bytes, { ordered: true } as never);
        }
      }
    }
    const sctp = pc.sctpTransport?.sctp as unknown as { readonly sentQueue: readonly unknown[] } | undefined;
    await until(() => sctp?.sentQueue.length === 0);
    await pc.close();
    await witness.hears();
  });

  it("has after all that no more sockets, timers and memory than before, and has disturbed nobody", async () => {
    await vi.waitFor(
      async () => {
        const after = await stage.report();
        expect(after.participants).toMatchObject([{ participantId: "alice", isConnected: true, subscribers: 1 }, {}]);
        for (const [kind, count] of Object.entries(after.resources)) {
          expect(count, kind).toBeLessThanOrEqual(before.resources[kind] ?? 0);
        }
        // What runs for the first time is compiled: 4 MiB, and hardly more when all this is done again.
        expect(held(after)).toBeLessThan(held(before) + 8 * mebibyte);
      },
      { timeout: hangMs, interval: 200 },
    );
    await witness.hears();
    expect(witness.testimony()).toEqual({ lost: [], twice: 0, foreignPackets: 0, errors: [] });
  });
});

/** Bytes that are reachable. What V8 keeps for itself is not among them. */
function held({ memory }: StageReport): number {
  return memory.heapBytes + memory.bufferBytes;
}

/** The TCP socket below a WebSocket, which takes frames that `ws` would never write. */
function rawOf(socket: WebSocket): Socket {
  return (socket as unknown as { _socket: Socket })._socket;
}
