import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expiredToken } from "@inband/rig/stage/expired-token";
import { servedStage } from "@inband/rig/stage/served-stage";
import { until } from "@inband/rig/until";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { EventsClient } from "./events.ts";
import { offerOf, publish, publishedStage } from "./stage.ts";

const state = "aws:ivs:STAGE_STATE";

async function stageWith(...names: readonly string[]) {
  const { stage, url } = await servedStage();
  const token = (participantId: string, more: object = {}) => stage.createToken({ url, participantId, ...more });
  const clients: EventsClient[] = [];
  for (const name of names) clients.push(new EventsClient(url, await token(name)));
  await Promise.all(clients.map((client) => client.payload(state)));
  return { stage, url, token, clients };
}

describe("the events socket of a stage", () => {
  it("tells who is there, at the opening and at each change, under numbers that rise", async () => {
    const { token, url, clients } = await stageWith("alice");
    const [alice] = clients as [EventsClient];
    await alice.sees("alice");
    const bob = new EventsClient(url, await token("bob", { userId: "Bob", attributes: { seat: "2" } }));
    await Promise.all([alice.sees("alice", "bob"), bob.sees("alice", "bob")]);
    expect(bob.of(state).at(-1)?.payload).toMatchObject({ serverFeatures: ["xdp"], disconnected: [] });
    expect(bob.of(state).at(-1)?.payload.participants[1]).toEqual({
      ...{ id: "bob", userId: "Bob", attributes: { seat: "2" } },
      ...{ isPublishing: false, audioMuted: false, videoStopped: false },
    });
    bob.socket.close();
    await alice.sees("alice");
    const numbers = alice.of(state).map(({ payload }) => payload.sequenceNumber);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  it("forgets whoever leaves as soon as it has joined", async () => {
    const { url, token, clients } = await stageWith("alice");
    const [alice] = clients as [EventsClient];
    for (let count = 0; count < 10; count++) {
      const bob = new EventsClient(url, await token("bob"));
      bob.socket.once("message", () => bob.socket.terminate());
      await until(() => bob.ended !== undefined);
      await alice.sees("alice");
    }
  });

  it("answers a ping, and passes on what a participant says of its sound and picture", async () => {
    const { clients } = await stageWith("alice", "bob");
    const [alice, bob] = clients as [EventsClient, EventsClient];
    alice.send({ type: "PING" });
    await alice.payload("PONG");
    alice.send({ type: "SET_STATE", version: "0", audioMuted: true, videoStopped: false });
    await until(() => bob.of(state).at(-1)?.payload.participants[0].audioMuted === true);
    expect(bob.of(state).at(-1)?.payload.participants[0].videoStopped).toBe(false);
  });

  it("tells of publishers that use no events socket, and of their end", async () => {
    const { stage, url, video, session } = await publishedStage();
    const bob = new EventsClient(url, await stage.createToken({ url, participantId: "bob" }));
    await bob.sees("alice*", "bob");
    video.close();
    await session.close();
    await bob.sees("bob");
  });

  it("takes offers as HTTP does, with the numbers of its refusals", async () => {
    const { url, clients } = await stageWith("alice");
    const [alice] = clients as [EventsClient];
    const offer = (requestId: string, whipUrl: string, content: string) =>
      alice.send({
        type: "aws:ivs:SDP_OFFER",
        payload: { requestId, whipUrl, content, contentType: "application/sdp" },
      });
    offer("1", `${url}/publish/alice`, await offerOf("sendonly"));
    const taken = await alice.payload("aws:ivs:SDP_ANSWER");
    expect(taken).toMatchObject({ requestId: "1", httpStatusCode: 201 });
    expect(taken.content).toMatch(/^v=0\r\n/);
    expect(taken.location).toMatch(new RegExp(`^${url}/publish/alice/[\\w-]+$`));
    offer("2", `${url}/publish/bob`, await offerOf("sendonly"));
    expect(await alice.payload("aws:ivs:SDP_ANSWER", 2)).toEqual({
      requestId: "2",
      httpStatusCode: 403,
      errorCode: 2003,
    });
    offer("3", `${url}/subscribe/nobody`, await offerOf("recvonly"));
    expect(await alice.payload("aws:ivs:SDP_ANSWER", 3)).toEqual({
      requestId: "3",
      httpStatusCode: 404,
      errorCode: 2004,
    });
    offer("4", `${url}/elsewhere`, "v=0");
    expect(await alice.payload("aws:ivs:SDP_ANSWER", 4)).toMatchObject({ requestId: "4", httpStatusCode: 404 });
    const left = await fetch(taken.sessionDeleteLink, {
      method: "POST",
      body: JSON.stringify({ authorization: "no" }),
    });
    expect(left.status).toBe(401);
  });

  it("lets a page that goes leave by a post of its token", async () => {
    const { stage, url, token } = await publishedStage();
    const response = await fetch(`${url}/subscribe/alice`, {
      ...{ method: "POST", body: await offerOf("recvonly") },
      headers: { authorization: `Bearer ${token}`, "content-type": "application/sdp" },
    });
    const link = /<([^>]+)>; rel="urn:ietf:params:whip:ivs-stages:session-delete"/.exec(
      response.headers.get("link") ?? "",
    );
    expect(stage.participants()[0]?.subscribers).toBe(1);
    const body = JSON.stringify({ authorization: token });
    expect((await fetch(`${url}${link?.[1]}`, { method: "POST", body })).status).toBe(200);
    expect(stage.participants()[0]?.subscribers).toBe(0);
  });

  it("takes another token of the same participant, and ends what that does not allow", async () => {
    const { stage, url, token } = await stageWith();
    const alice = new EventsClient(url, await token("alice"));
    const { connected } = await publish(url, await token("alice"));
    await connected;
    await alice.sees("alice*");
    const exchange = (newToken: string, requestId: string) =>
      alice.send({ type: "aws:ivs:EXCHANGE_TOKEN", payload: { oldToken: "", newToken, requestId, traceId: "t" } });
    exchange(await token("bob"), "1");
    expect((await alice.payload("aws:ivs:EXCHANGE_TOKEN")).error.message).toMatch(/another participant/);
    exchange("nonsense", "2");
    expect((await alice.payload("aws:ivs:EXCHANGE_TOKEN", 2)).error.message).toMatch(/not a stage token/);
    expect(stage.participants()[0]?.isPublishing).toBe(true);
    exchange(await token("alice", { userId: "A", capabilities: { allow_subscribe: true } }), "3");
    expect(await alice.payload("aws:ivs:EXCHANGE_TOKEN", 3)).toEqual({ requestId: "3", traceId: "t" });
    await alice.sees("alice");
    expect(stage.participants()[0]?.userId).toBe("A");
  });

  it("takes a token that was exchanged for no more than to leave, once requests with it have had time to arrive", async () => {
    const { url, token } = await stageWith();
    const [old, next] = [await token("alice"), await token("alice")];
    const alice = new EventsClient(url, old);
    const { session } = await publish(url, old);
    const messages = async (authorization: string) =>
      (await fetch(`${url}/nobody/messages`, { headers: { authorization: `Bearer ${authorization}` } })).status;
    const payload = { oldToken: old, newToken: next, requestId: "1", traceId: "t" };
    alice.send({ type: "aws:ivs:EXCHANGE_TOKEN", payload });
    expect(await alice.payload("aws:ivs:EXCHANGE_TOKEN")).toEqual({ requestId: "1", traceId: "t" });
    const again = new EventsClient(url, old);
    await again.payload(state);
    again.send({ type: "aws:ivs:EXCHANGE_TOKEN", payload: { ...payload, newToken: old } });
    await again.payload("aws:ivs:EXCHANGE_TOKEN");
    again.send({ type: "aws:ivs:EXCHANGE_TOKEN", payload });
    await again.payload("aws:ivs:EXCHANGE_TOKEN", 2);
    const { now } = performance;
    const later = vi.spyOn(performance, "now").mockImplementation(() => now.call(performance) + 5001);
    onTestFinished(() => later.mockRestore());
    const refused = await fetch(`${url}/publish/alice`, {
      ...{ method: "POST", body: await offerOf("sendonly") },
      headers: { authorization: `Bearer ${old}`, "content-type": "application/sdp" },
    });
    expect([refused.status, await refused.json()]).toMatchObject([401, { error_code: "exchanged", code: 2003 }]);
    expect([await messages(old), await messages(next)]).toEqual([401, 404]);
    const left = await fetch(session.location as string, {
      method: "DELETE",
      headers: { authorization: `Bearer ${old}` },
    });
    expect(left.status).toBe(200);
  });

  it("is one for each participant: a second one takes the place of the first", async () => {
    const { url, token, clients } = await stageWith("alice");
    const [first] = clients as [EventsClient];
    const second = new EventsClient(url, await token("alice"));
    expect(await first.payload("aws:ivs:DISCONNECT")).toMatchObject({ code: "TOKEN_REUSED" });
    await until(() => first.ended !== undefined);
    await second.sees("alice");
    expect(second.ended).toBeUndefined();
  });

  it("tells a kicked participant and the others, and lets it in with a token that is made afterwards", async () => {
    const { stage, url, token, clients } = await stageWith("alice", "bob");
    const [alice, bob] = clients as [EventsClient, EventsClient];
    const old = await token("alice");
    stage.kick("alice");
    expect(await alice.payload("aws:ivs:DISCONNECT")).toMatchObject({ code: "PARTICIPANT_DISCONNECTED" });
    await bob.sees("bob");
    expect(bob.of(state).at(-1)?.payload.disconnected).toEqual([{ id: "alice", status: "KICKED" }]);
    const again = new EventsClient(url, old);
    expect(await again.payload("aws:ivs:JOIN_ERROR")).toMatchObject({ code: "PARTICIPANT_DISCONNECTED", fatal: true });
    const renewed = new EventsClient(url, await token("alice"));
    await renewed.sees("alice", "bob");
  });

  it("tells in the process too who comes, changes and goes", async () => {
    const { stage, url, token } = await stageWith();
    const told: string[] = [];
    let wasPublishing = false;
    stage.on("joined", ({ participantId }) => told.push(`joined ${participantId}`));
    stage.on("updated", ({ participantId, isPublishing }) => {
      if (isPublishing !== wasPublishing) told.push(`updated ${participantId} ${isPublishing}`);
      wasPublishing = isPublishing;
    });
    stage.on("left", ({ participantId }) => told.push(`left ${participantId}`));
    const alice = new EventsClient(url, await token("alice"));
    await alice.sees("alice");
    const { connected, session } = await publish(url, await token("alice"));
    await connected;
    await alice.sees("alice*");
    await session.close();
    await alice.sees("alice");
    alice.socket.close();
    await until(() => told.includes("left alice"));
    expect(told).toEqual(["joined alice", "updated alice true", "updated alice false", "left alice"]);
  });

  it.each([
    ["none", "", "TOKEN_MISSING"],
    ["no token at all", "nonsense", "TOKEN_INVALID"],
  ])("refuses a token that is %s by a JOIN_ERROR", async (_what, token, code) => {
    const { url } = await stageWith();
    const stranger = new EventsClient(url, token);
    expect(await stranger.payload("aws:ivs:JOIN_ERROR")).toMatchObject({ code, fatal: true });
    await until(() => stranger.ended === 1008);
  });

  it("refuses in HTTP a client that cannot read errors from the socket, a foreign page, and any other path", async () => {
    const { stage, url, token } = await stageWith();
    const expired = await expiredToken(stage, { url, participantId: "alice" });
    const refused = [
      new EventsClient(url, expired, { query: "" }),
      new EventsClient(url, await token("alice"), { origin: "https://elsewhere.example" }),
      new EventsClient(url, await token("alice"), { query: "other" }),
    ];
    await until(() => refused.every(({ ended }) => ended !== undefined));
    expect(refused.map(({ ended }) => ended)).toEqual([401, 403, 404]);
  });

  it("lets in a page that the same server serves, by whatever name it is reached", async () => {
    const { stage, token } = await stageWith();
    const server = createServer().on("upgrade", stage.handleUpgrade).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const headers = { host: "192.0.2.1:8643" };
    const own = new EventsClient(url, await token("alice"), { origin: "http://192.0.2.1:8643", headers });
    await own.sees("alice");
    const other = new EventsClient(url, await token("bob"), { origin: "http://192.0.2.1:8644", headers });
    await until(() => other.ended === 403);
  });

  it("outlives requests for an upgrade that are none", async () => {
    const { stage, url, clients } = await stageWith("alice");
    const server = createServer().on("upgrade", stage.handleUpgrade).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const ports = [Number(new URL(url).port), (server.address() as AddressInfo).port];
    for (const port of ports) {
      for (const [path, more] of [
        ["//", ""],
        ["/%", ""],
        ["/?error_over_ws", "Sec-WebSocket-Version: 1\r\n"],
        ["/", "Sec-WebSocket-Protocol: ,,,\r\n"],
        ["*", ""],
      ]) {
        const socket = connect(port, "127.0.0.1");
        socket.on("error", () => {});
        socket.resume();
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${more}\r\n`,
        );
        await once(socket, "close");
      }
    }
    clients[0]?.send({ type: "PING" });
    await clients[0]?.payload("PONG");
  });

  it("ends a client that floods it, and takes bytes that are no message without a word", async () => {
    const { stage, clients } = await stageWith("alice", "bob");
    const [alice, bob] = clients as [EventsClient, EventsClient];
    for (const text of ["", "nonsense", "null", "[]", '{"type":7}', '{"type":"aws:ivs:SDP_OFFER"}'])
      bob.socket.send(text);
    bob.socket.send(Buffer.of(1, 2, 3));
    bob.send({ type: "aws:ivs:SDP_OFFER", payload: { requestId: "1", whipUrl: "not a url", content: "v=0" } });
    bob.send({ type: "PING" });
    await bob.payload("PONG");
    for (let count = 0; count < 1000; count++) alice.send({ type: "PING" });
    await until(() => alice.ended === 1008);
    await bob.sees("bob");
    expect(stage.participants()).toHaveLength(1);
  });

  it("forgets a client that answers no ping", async () => {
    const { clients } = await stageWith("alice", "bob");
    const [alice, bob] = clients as [EventsClient, EventsClient];
    alice.socket.pause();
    await bob.sees("bob");
  });

  it("ends a client that sends a message beyond its bound", async () => {
    const { clients } = await stageWith("alice");
    const [alice] = clients as [EventsClient];
    alice.socket.send("x".repeat(1_000_000));
    await until(() => alice.ended === 1009);
  });

  it("closes with the stage, so that clients come back to the next one", async () => {
    const { stage, clients } = await stageWith("alice");
    const [alice] = clients as [EventsClient];
    await stage.close();
    await until(() => alice.ended === 1001);
    expect(alice.of("aws:ivs:DISCONNECT")).toEqual([]);
  });

  it("tells who is there once at the opening", async () => {
    const { url, token } = await stageWith("alice");
    const bob = new EventsClient(url, await token("bob"));
    await bob.payload(state);
    bob.send({ type: "PING" });
    await until(() => bob.of("PONG").length === 1);
    expect(bob.of(state).map(({ payload }) => payload.participants.length)).toEqual([2]);
  });

  it("lets nobody in whose token it looks at while it closes", async () => {
    const { stage, url } = await servedStage();
    const token = await stage.createToken({ url, participantId: "alice" });
    const server = createServer().on("upgrade", (...request) => {
      stage.handleUpgrade(...request);
      stage.close();
    });
    onTestFinished(() => void server.close());
    await once(server.listen(0, "127.0.0.1"), "listening");
    const alice = new EventsClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, token);
    await until(() => alice.ended !== undefined || alice.messages.length > 0);
    expect(alice.ended).toBe(503);
  });

  it("holds no more participants than it is told", async () => {
    const { stage, url } = await servedStage({ maxParticipants: 1 });
    const first = new EventsClient(url, await stage.createToken({ url, participantId: "alice" }));
    await first.sees("alice");
    const second = new EventsClient(url, await stage.createToken({ url, participantId: "bob" }));
    expect(await second.payload("aws:ivs:DISCONNECT")).toMatchObject({ code: "MAX_CONCURRENT_CONNECTIONS" });
    await until(() => second.ended !== undefined);
  });
});

describe("a served stage", () => {
  it("says how it is, and its figures", async () => {
    const { stage, url, token } = await publishedStage();
    await fetch(`${url}/subscribe/nobody`, {
      ...{ method: "POST", body: await offerOf("recvonly") },
      headers: { authorization: `Bearer ${token}`, "content-type": "application/sdp" },
    });
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: "ok" });
    const metrics = await fetch(`${url}/metrics`);
    expect(metrics.headers.get("content-type")).toMatch(/^text\/plain; version=0.0.4/);
    const text = await metrics.text();
    expect(text).toMatch(/^inband_stage_participants 1$/m);
    expect(text).toMatch(/^inband_stage_publish_sessions 1$/m);
    expect(text).toMatch(/^inband_stage_refusals_total\{code="not-publishing"\} 1$/m);
    expect(text).toMatch(/^inband_stage_sent_packets_total 0$/m);
    expect(text).not.toContain("alice");
    await stage.close();
    expect((await fetch(`${url}/health`)).status).toBe(503);
  });
});
