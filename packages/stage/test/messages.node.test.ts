import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SeiPublisher } from "@inband/publisher";
import { eachServerSentEvent } from "@inband/rig/server-sent-events";
import { servedStage } from "@inband/rig/stage/served-stage";
import { steadyVideo } from "@inband/rig/steady-video";
import { until } from "@inband/rig/until";
import { newVideo } from "@inband/rig/werift/test-peer";
import { connectWhep, connectWhip } from "@inband/stage/client";
import type { StageOptions } from "@inband/stage/server";
import { SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/werift";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { peer, publishedStage } from "./stage.ts";

interface ServerSentEvent {
  readonly id: string | undefined;
  readonly event: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: the test names what it reads.
  readonly data: any;
}

/** A stage on which alice publishes steadily, as an encoder does that knows nothing of messages. */
async function steadyStage(options: StageOptions = {}) {
  const published = await publishedStage(options);
  const { stage, url, video, token } = published;
  steadyVideo((unit) => video.write(unit));
  await until(() => stage.participants()[0]?.hasVideo === true);
  const resource = `${url}/alice/messages`;
  const postBody = async (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}, query = "") => {
    const response = await fetch(`${resource}${query}`, {
      ...{ method: "POST", body },
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const post = (value: unknown, headers: Record<string, string> = {}, query = "") =>
    postBody(JSON.stringify(value), headers, query);
  return { ...published, resource, post, postBody };
}

/** Reads the server-sent events of a resource until the test ends. */
async function readEvents(resource: string, headers: Record<string, string>): Promise<ServerSentEvent[]> {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const response = await fetch(resource, { headers, signal: abort.signal });
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  const events: ServerSentEvent[] = [];
  eachServerSentEvent(response, ({ id, event, data }) => events.push({ id, event, data: JSON.parse(data) })).catch(
    () => {},
  );
  return events;
}

async function subscribe(url: string, token: string): Promise<{ id: string; value: unknown }[]> {
  const subscriber = new SeiSubscriber();
  onTestFinished(() => subscriber.close());
  const received: { id: string; value: unknown }[] = [];
  subscriber.on("message", ({ id, value }) => received.push({ id, value }));
  const pc = peer();
  subscriber.attach(weriftFeed(pc.addTransceiver("video", { direction: "recvonly" })));
  await connectWhep(pc, { url: `${url}/subscribe/alice`, token });
  await until(() => pc.connectionState === "connected");
  return received;
}

describe("messages by HTTP", () => {
  it("go into video whose encoder knows nothing of them, and reach everyone who receives it, once", async () => {
    const { url, token, post, resource } = await steadyStage();
    const viewer = await subscribe(url, token);
    const reader = await readEvents(resource, { authorization: `Bearer ${token}` });
    const values = Array.from({ length: 200 }, (_, number) => ({ number }));
    const receipts = await Promise.all(values.map((value) => post(value, {}, "?topic=scores")));
    expect(receipts.map(({ status, body }) => [status, body.outcome])).toEqual(values.map(() => [201, "sent"]));
    await until(() => viewer.length >= values.length && reader.length >= values.length);
    const ids = receipts.map(({ body }) => body.id);
    expect(viewer.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    expect(reader.map(({ id }) => id)).toEqual(viewer.map(({ id }) => id));
    expect(reader[0]).toMatchObject({ event: "message", data: { topic: "scores", value: { number: 0 } } });
    expect(reader[0]?.data.rtpTimestamp).toEqual(expect.any(Number));
  });

  it("ride on the next picture, the very first one, too", async () => {
    const { stage, url, token, video } = await publishedStage();
    const written: { rtpTimestamp: number; atMs: number }[] = [];
    steadyVideo((unit) => {
      written.push({ rtpTimestamp: video.rtpTimestamp(unit.timestamp), atMs: Date.now() });
      video.write(unit);
    }, 100);
    await until(() => stage.participants()[0]?.hasVideo === true && written.length > 2);
    const response = await fetch(`${url}/alice/messages`, {
      ...{ method: "POST", body: '"first"' },
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    });
    const { id, streams } = (await response.json()) as { id: string; streams: { rtpTimestamps: number[] }[] };
    // The first 48 bits of the id say when the stage took it (RFC 9562 5.7).
    const takenAtMs = Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
    const next = written.filter(({ atMs }) => atMs <= takenAtMs + 2).length;
    const carried = written.findIndex(({ rtpTimestamp }) => rtpTimestamp === streams[0]?.rtpTimestamps[0]);
    expect(carried).toBeGreaterThanOrEqual(0);
    expect(carried).toBeLessThanOrEqual(next);
  });

  it("come out of video whose own publisher sends them, and out of bytes", async () => {
    const { token, video, postBody, resource } = await steadyStage();
    const reader = await readEvents(resource, { authorization: `Bearer ${token}` });
    const publisher = new SeiPublisher();
    onTestFinished(() => publisher.close());
    publisher.attach(video);
    const { id } = publisher.publish("from the encoder");
    await until(() => reader.length === 1);
    expect(reader[0]).toMatchObject({ id, data: { value: "from the encoder" } });
    expect(
      await postBody(Uint8Array.of(0, 0, 1, 0, 0, 3), { "content-type": "application/octet-stream" }),
    ).toMatchObject({
      status: 201,
    });
    await until(() => reader.length === 2);
    expect(reader[1]?.data.value).toBe("AAABAAAD");
  });

  it("are published once for each Idempotency-Key, which stands for one message", async () => {
    const { token, post, resource } = await steadyStage();
    const reader = await readEvents(resource, { authorization: `Bearer ${token}` });
    const key = { "idempotency-key": "order 7" };
    const answers = await Promise.all([post("once", key), post("once", key)]);
    answers.push(await post("once", key));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await post("another", key)).toMatchObject({ status: 422, body: { error_code: "other-message" } });
    await post("last");
    await until(() => reader.at(-1)?.data.value === "last");
    expect(reader.map(({ data }) => data.value)).toEqual(["once", "last"]);
  });

  it("are those of each who posts, whatever keys others use", async () => {
    const { stage, url, token, post, resource } = await steadyStage();
    const reader = await readEvents(resource, { authorization: `Bearer ${token}` });
    const by = async (participantId: string) => ({
      authorization: `Bearer ${await stage.createToken({ url, participantId })}`,
      "idempotency-key": "1",
    });
    expect((await post("from bob", await by("bob"))).status).toBe(201);
    expect((await post("from carol", await by("carol"))).status).toBe(201);
    expect((await post("from bob", await by("bob"))).status).toBe(201);
    await until(() => reader.length === 2);
    expect(reader.map(({ data }) => data.value)).toEqual(["from bob", "from carol"]);
  });

  it("go on after Last-Event-ID, and say where what came between is not known any more", async () => {
    const { token, post, resource } = await steadyStage();
    const authorization = `Bearer ${token}`;
    await readEvents(resource, { authorization });
    const ids: unknown[] = [];
    for (const value of ["a", "b", "c"]) ids.push((await post(value)).body.id);
    const resumed = await readEvents(resource, { authorization, "last-event-id": String(ids[0]) });
    await until(() => resumed.length === 2);
    expect(resumed.map(({ data }) => data.value)).toEqual(["b", "c"]);
    const lost = await readEvents(resource, { authorization, "last-event-id": "long ago" });
    await until(() => lost.length === 1);
    expect(lost[0]).toMatchObject({ event: "reset", data: { lastEventId: "long ago" } });
  });

  it("that are retained reach a reader who comes late, first and once, whoever published them", async () => {
    const { url, token, video, post, resource } = await steadyStage();
    const authorization = `Bearer ${token}`;
    const publisher = new SeiPublisher();
    onTestFinished(() => publisher.close());
    publisher.attach(video);
    // Nobody reads or posts yet.
    await publisher.publish("live", { topic: "state", retain: true }).sent;
    const first = await readEvents(resource, { authorization });
    await until(() => first.length === 1);
    for (const score of ["0:0", "1:0"]) await post(score, {}, "?topic=score&retain=true");
    const { body } = await post("passing", {}, "?topic=score");
    await until(() => first.at(-1)?.data.value === "passing");
    const late = await readEvents(resource, { authorization });
    const socket = new WebSocket(`${url.replace("http", "ws")}/alice/messages`, [token]);
    onTestFinished(() => socket.terminate());
    const entries: { data: { value: unknown } }[] = [];
    socket.on("message", (data) => entries.push(JSON.parse(String(data))));
    await until(() => late.length === 2 && entries.length === 2);
    expect(late.map(({ event, data }) => [event, data.topic, data.value, data.retained])).toEqual([
      ["message", "state", "live", true],
      ["message", "score", "1:0", true],
    ]);
    // Who comes back goes on behind what it had when it left.
    expect(late.map(({ id }) => id)).toEqual([body.id, body.id]);
    const back = await readEvents(resource, { authorization, "last-event-id": String(body.id) });
    const { body: next } = await post("2:0", {}, "?topic=score&retain=true");
    await until(() => late.length === 3 && entries.length === 3 && back.length === 1);
    for (const reader of [late, back, entries]) expect(reader.at(-1)).toMatchObject({ id: next.id });
    const afresh = await readEvents(resource, { authorization, "last-event-id": "long ago" });
    await until(() => afresh.length === 3);
    expect(afresh.map(({ event, data }) => [event, data.value])).toEqual([
      ["reset", undefined],
      ["message", "live"],
      ["message", "2:0"],
    ]);
    // What a publisher retained that has left, nobody sends any more.
    publisher.close();
    const retained = async () => {
      const reader = await readEvents(resource, { authorization });
      await until(() => reader.at(-1)?.data.value === "2:0");
      return reader.map(({ data }) => data.value);
    };
    await expect.poll(retained).toEqual(["2:0"]);
  });

  it("let go a reader that does not read them, and hold nothing for it", async () => {
    const { stage, url } = await servedStage();
    const token = await stage.createToken({ url, participantId: "alice" });
    const video = newVideo({ limits: { bytesPerAccessUnit: 200_000, bytesPerSecond: 20_000_000 } });
    const publisher = new SeiPublisher<string>({ copies: 1, keyFrameCopies: 0 });
    onTestFinished(() => publisher.close());
    publisher.attach(video);
    const sending = peer();
    const connected = video.connect(sending);
    await connectWhip(sending, { url: `${url}/publish/alice`, token });
    await connected;
    steadyVideo((unit) => video.write(unit));
    await until(() => stage.participants()[0]?.isPublishing === true);
    const slow = await stage.app.request("/alice/messages", { headers: { authorization: `Bearer ${token}` } });
    const readers = async (): Promise<string | undefined> => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return /^inband_stage_message_readers (\d+)$/m.exec(metrics)?.[1];
    };
    expect(await readers()).toBe("1");
    const text = "x".repeat(60_000);
    while ((await readers()) === "1") await publisher.publish(text).sent;
    await expect(slow.text()).rejects.toThrow("too slow");
  });

  it("come over a WebSocket too, go on after the id that was heard last, and end with the video", async () => {
    const { url, token, post, session } = await steadyStage();
    const address = `${url.replace("http", "ws")}/alice/messages`;
    const read = (at: string, protocols: string[], headers: Record<string, string> = {}) => {
      const socket = new WebSocket(at, protocols, { headers });
      onTestFinished(() => socket.terminate());
      const entries: Record<string, unknown>[] = [];
      socket.on("message", (data) => entries.push(JSON.parse(String(data))));
      return { socket, entries, opened: once(socket, "open"), closed: once(socket, "close") };
    };
    const byProtocol = read(address, [token]);
    const byHeader = read(address, [], { authorization: `Bearer ${token}` });
    await Promise.all([byProtocol.opened, byHeader.opened]);
    const ids: unknown[] = [];
    for (const value of ["a", "b", "c"]) ids.push((await post(value)).body.id);
    await until(() => byProtocol.entries.length === 3 && byHeader.entries.length === 3);
    expect(byProtocol.entries).toEqual(byHeader.entries);
    expect(byHeader.entries.map(({ id }) => id)).toEqual(ids);
    expect(byHeader.entries[0]).toMatchObject({
      event: "message",
      data: { value: "a", rtpTimestamp: expect.any(Number) },
    });
    const resumed = read(`${address}?last-event-id=${ids[0]}`, [token]);
    await until(() => resumed.entries.length === 2);
    expect(resumed.entries.map(({ id }) => id)).toEqual(ids.slice(1));
    resumed.socket.send("hello");
    expect((await resumed.closed)[0]).toBe(1008);
    await session.close();
    expect((await byHeader.closed)[0]).toBe(1000);
  });

  it("let go a WebSocket that does not read, and refuse one that may not", async () => {
    const { stage, url, token, post } = await steadyStage();
    const address = `${url.replace("http", "ws")}/alice/messages`;
    const refusal = async (at: string, protocols: string[], headers = {}) => {
      const socket = new WebSocket(at, protocols, { headers });
      const [, response] = await once(socket, "unexpected-response");
      return response.statusCode;
    };
    const unable = await stage.createToken({ url, participantId: "bob", capabilities: { allow_publish: true } });
    expect(await refusal(address, [])).toBe(401);
    expect(await refusal(address, [unable])).toBe(403);
    expect(await refusal(address, [token], { origin: "https://example.com" })).toBe(403);
    expect(await refusal(address.replace("alice", "nobody"), [token])).toBe(404);
    // A page that the stage's own server serves, by whatever name it is reached.
    const server = createServer().on("upgrade", stage.handleUpgrade).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const elsewhere = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/alice/messages`;
    const host = "192.0.2.1:8643";
    const own = new WebSocket(elsewhere, [token], { headers: { host, origin: `http://${host}` } });
    await once(own, "open");
    own.terminate();
    expect(await refusal(elsewhere, [token], { host, origin: "http://192.0.2.1:8644" })).toBe(403);
    const socket = new WebSocket(address, [token]);
    onTestFinished(() => socket.terminate());
    await once(socket, "open");
    socket.pause();
    const readers = async () =>
      (await (await fetch(`${url}/metrics`)).text()).match(/^inband_stage_message_readers (\d+)/m)?.[1];
    await expect.poll(readers).toBe("1");
    while ((await readers()) === "1") await post("on and on");
    expect(await readers()).toBe("0");
  });

  it("end with the video", async () => {
    const { token, session, resource } = await steadyStage();
    const response = await fetch(resource, { headers: { authorization: `Bearer ${token}` } });
    await session.close();
    expect(await response.text()).toBe(": messages\n\n");
  });

  it("end for a reader that is removed from the stage, and not for others", async () => {
    const { stage, url, token, post, resource } = await steadyStage();
    const bobs = await stage.createToken({ url, participantId: "bob" });
    const response = await fetch(resource, { headers: { authorization: `Bearer ${bobs}` } });
    const socket = new WebSocket(resource.replace("http", "ws"), [bobs]);
    onTestFinished(() => socket.terminate());
    await once(socket, "open");
    const others = await readEvents(resource, { authorization: `Bearer ${token}` });
    stage.kick("bob");
    expect(await response.text()).toBe(": messages\n\n");
    expect((await once(socket, "close"))[0]).toBe(1008);
    await post("still here");
    await until(() => others.length === 1);
    expect((await fetch(resource, { headers: { authorization: `Bearer ${bobs}` } })).status).toBe(401);
  });

  it("are refused with one clear answer", async () => {
    const { stage, url, post, postBody } = await steadyStage();
    const bearer = async (capabilities: object, participantId = "bob") => ({
      authorization: `Bearer ${await stage.createToken({ url, participantId, capabilities })}`,
    });
    const refusals = [
      await post("x", { authorization: "" }),
      await post("x", await bearer({ allow_publish: true, allow_subscribe: true })),
      await postBody("{"),
      await postBody("12345678901234567890"),
      await post("x", { "content-type": "text/plain" }),
      await post({ text: "x".repeat(100_000) }),
      await post({ text: "x".repeat(500_000) }),
      await post("x", { "idempotency-key": "k".repeat(256) }),
      await post("x".repeat(10), {}, `?topic=${"t".repeat(300)}`),
      await post("x", {}, "?retain=yes"),
      await post("x", {}, "?topics=score"),
      await post("x", {}, "?topic=a&topic=b"),
      await postBody(Uint8Array.of(0x22, 0xff, 0x22)),
      await post("x", { "content-encoding": "gzip" }),
      await post("x", { "idempotency-key": "" }),
    ];
    expect(refusals.map(({ status, body }) => [status, body.error_code])).toEqual([
      [401, "missing"],
      [403, "may-not-publish-messages"],
      [400, "bad-json"],
      [400, "bad-json"],
      [415, "not-a-message"],
      [413, "payload-too-large"],
      [413, "payload-too-large"],
      [400, "bad-key"],
      [400, "bad-message"],
      [400, "bad-parameter"],
      [400, "bad-parameter"],
      [400, "bad-parameter"],
      [400, "bad-json"],
      [415, "encoded"],
      [400, "bad-key"],
    ]);
    for (const { status, body } of refusals) if (status === 413) expect(body.error_message).toMatch(/\b65536\b/);
    // The largest value, in the longest JSON that says it.
    expect((await postBody(`"${"\\u0041".repeat(65_533)}"`)).status).toBe(201);
    expect((await post('"x"', await bearer({ publish_messages: true }))).status).toBe(201);
    expect((await post('"x"', await bearer({ allow_publish: true }, "alice"))).status).toBe(201);
    const statusOf = async (path: string, headers: Record<string, string>) =>
      (await fetch(`${url}${path}`, { headers })).status;
    expect(await statusOf("/alice/messages", await bearer({ publish_messages: true }))).toBe(403);
    expect(await statusOf("/bob/messages", await bearer({ subscribe_messages: true }))).toBe(404);
    for (const method of ["PUT", "DELETE", "PATCH"]) {
      const response = await fetch(`${url}/alice/messages`, { method });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, POST, OPTIONS"]);
    }
    expect((await fetch(`${url}/health`, { method: "POST" })).status).toBe(405);
  });

  it("count nobody as a reader who asks for the headers alone", async () => {
    const { url, token, resource } = await steadyStage();
    const response = await fetch(resource, { method: "HEAD", headers: { authorization: `Bearer ${token}` } });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/^inband_stage_message_readers 0$/m);
  });
});
