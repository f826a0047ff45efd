import { createSocket, type Socket } from "node:dgram";
import { connect, Server } from "node:net";
import { hangMs } from "@inband/rig/hang";
import { servedStage } from "@inband/rig/stage/served-stage";
import { until } from "@inband/rig/until";
import { createStage, maxOfferBytes, serveStage } from "@inband/stage/server";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { offerOf, publishedStage } from "./stage.ts";

async function post(url: string, token: string, body: string) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/sdp", authorization: `Bearer ${token}` },
    body,
  });
  const text = await response.text();
  return { status: response.status, code: /"error_code":"([^"]*)"/.exec(text)?.[1] };
}

const withoutCandidates = (sdp: string): string => sdp.replace(/^a=(candidate:.*|end-of-candidates)\r\n/gm, "");

describe("an offer", () => {
  it("of too many parts is refused before it is read", async () => {
    const { stage, url } = await servedStage();
    const token = await stage.createToken({ url, participantId: "alice" });
    const offer = await offerOf("sendonly");
    const repeat = (count: number, line: (index: number) => string): string =>
      offer + Array.from({ length: count }, (_, index) => `${line(index)}\r\n`).join("");
    const cases: [string, string][] = [
      [repeat(8, () => "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"), "too-many-sections"],
      [repeat(1271, () => "m=text 9 RTP/AVP 0"), "too-many-lines"],
      [repeat(8, () => "m=text 9 RTP/AVP 0"), "too-many-sections"],
      [repeat(65, (index) => `a=ssrc:${index + 1} cname:x`), "too-many-ssrcs"],
      [repeat(201, (index) => `a=candidate:${index} 1 udp 1 10.0.0.1 ${2000 + index} typ host`), "too-many-candidates"],
      [repeat(1000, () => "b=AS:1"), "too-many-lines"],
    ];
    for (const [body, code] of cases) {
      expect(await post(`${url}/publish/alice`, token, body), code).toEqual({ status: 400, code });
    }
  });

  it("without a candidate is answered, whether or not it says that there will be none", async () => {
    const { stage, url } = await servedStage();
    const token = await stage.createToken({ url, participantId: "alice" });
    const offer = withoutCandidates(await offerOf("sendonly"));
    for (const body of [offer, `${offer}a=end-of-candidates\r\n`]) {
      expect(await post(`${url}/publish/alice`, token, body)).toMatchObject({ status: 201 });
    }
  });

  it("makes the stage ask few of the addresses that it names, and none of a client elsewhere on its own machine", async () => {
    const asked = new Set<number>();
    const sockets: Socket[] = [];
    for (let index = 0; index < 40; index++) {
      const socket = createSocket("udp4");
      sockets.push(socket);
      await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
      const { port } = socket.address();
      socket.on("message", () => asked.add(port));
    }
    onTestFinished(() => sockets.forEach((socket) => void socket.close()));
    const offer =
      withoutCandidates(await offerOf("sendonly")) +
      sockets
        .map(
          (socket, index) =>
            `a=candidate:${index} 1 udp ${900 - index} 127.0.0.1 ${socket.address().port} typ host\r\n`,
        )
        .join("");
    const { stage, url } = await servedStage();
    const token = await stage.createToken({ url, participantId: "alice" });
    // Where the HTTP server does not say who asks, it is somebody elsewhere.
    const response = await stage.app.request("/publish/alice", {
      method: "POST",
      headers: { "content-type": "application/sdp", authorization: `Bearer ${token}` },
      body: offer,
    });
    expect(response.status).toBe(201);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(asked.size).toBe(0);
    expect(await post(`${url}/publish/alice`, token, offer)).toMatchObject({ status: 201 });
    const best = sockets.slice(0, 8).map((socket) => socket.address().port);
    await until(() => asked.size >= best.length);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect([...asked].toSorted()).toEqual(best.toSorted());
  });

  it("has candidates only where a peer may be", async () => {
    const { RTCPeerConnection } = await import("werift");
    const taken = vi.spyOn(RTCPeerConnection.prototype, "setRemoteDescription");
    onTestFinished(() => taken.mockRestore());
    const stage = createStage();
    onTestFinished(() => stage.close());
    const token = await stage.createToken({ url: "http://127.0.0.1:1", participantId: "alice" });
    const refused = [
      ["169.254.169.254", 8000],
      ["255.255.255.255", 5000],
      ["224.0.0.1", 5000],
      ["239.255.255.250", 1900],
      ["0.0.0.0", 5000],
      ["127.0.0.1", 5000],
      ["127.9.9.9", 5000],
      ["203.0.113.7", 53],
      ["203.0.113.7", 1023],
      ["203.0.113.7", 65_536],
      ["203.0.113.300", 5000],
      ["attacker.example", 5000],
      ["0123abcd-0000-4000-8000-000000000000.local", 5000],
      ["2001:db8::1", 5000],
    ];
    const lines = [...refused, ["203.0.113.7", 50_000], ["203.0.113.7", 50_000], ["192.168.77.5", 40_000]].map(
      ([address, port], index) => `a=candidate:${index} 1 udp ${2_000_000 - index} ${address} ${port} typ host\r\n`,
    );
    lines.push("a=candidate:t 1 tcp 1 203.0.113.8 40000 typ host tcptype passive\r\n", "a=end-of-candidates\r\n");
    // One parser may refuse what another one takes.
    lines.push(
      "a=candidate:x 1 udp high 203.0.113.9 40000 typ host\r\n",
      "a=candidate:y  1 udp 1 203.0.113.10 40000 typ host\r\n",
      "a=candidate:z 1 udp 1 203.0.113.11 40000\r\n",
    );
    await stage.app.request("/publish/alice", {
      method: "POST",
      headers: { "content-type": "application/sdp", authorization: `Bearer ${token}` },
      body: withoutCandidates(await offerOf("sendonly")) + lines.join(""),
    });
    const offers = taken.mock.calls.map(([description]) => description.sdp ?? "");
    const left = offers.at(-1)?.match(/^a=(candidate|end-of).*$/gm);
    expect(left?.map((line) => line.split(" ").slice(4, 6).join(":"))).toEqual([
      "203.0.113.7:50000",
      "192.168.77.5:40000",
    ]);
  });
});

describe("an offer that is taken", () => {
  it("reaches werift with every fingerprint, and without simulcast and the formats that are not forwarded", async () => {
    const { RTCPeerConnection } = await import("werift");
    const taken = vi.spyOn(RTCPeerConnection.prototype, "setRemoteDescription");
    onTestFinished(() => taken.mockRestore());
    const { stage, url } = await servedStage();
    const token = await stage.createToken({ url, participantId: "alice" });
    const other = `a=fingerprint:sha-512 ${Array.from({ length: 64 }, () => "AB").join(":")}\r\n`;
    const offer = (await offerOf("sendonly"))
      .replace("SAVPF 96 97", "SAVPF 120 96 97 121 122")
      .replace(/(?=a=fingerprint)/g, other)
      .replace(
        "a=rtpmap:96 ",
        "a=rtpmap:120 VP8/90000\r\na=rtcp-fb:120 nack\r\na=rtpmap:121 H264/90000\r\na=fmtp:121 packetization-mode=0\r\n" +
          "a=rtpmap:122 rtx/90000\r\na=fmtp:122 apt=121\r\na=rtcp-fb:* transport-cc\r\na=rid:h send\r\n" +
          "a=rid:l send\r\na=simulcast:send h;l\r\na=x-unknown:1\r\na=rtpmap:96 ",
      );
    expect(await post(`${url}/publish/alice`, token, offer)).toMatchObject({ status: 201 });
    const sdp = taken.mock.calls.at(-1)?.[0].sdp ?? "";
    expect(sdp.match(/^a=fingerprint:\S+/gm)).toEqual(["a=fingerprint:sha-512", "a=fingerprint:sha-256"]);
    expect(sdp.match(/^m=video.*/m)?.[0]).toMatch(/ 96 97$/);
    expect(sdp.match(/^a=(rtpmap|fmtp|rtcp-fb):(\*|\d+)/gm)?.map((line) => line.split(":")[1])).toEqual(
      expect.arrayContaining(["96", "97", "*"]),
    );
    expect(sdp).not.toMatch(/:12[012] |rid:|simulcast|x-unknown/);
  });

  it("is answered or refused, however long a line of it is", async () => {
    const { stage, url } = await servedStage();
    const token = await stage.createToken({ url, participantId: "alice" });
    const longest = maxOfferBytes - 5000;
    for (const attribute of ["candidate:", "fmtp:96 ", "imageattr:96 send [x=", "simulcast:send ", "floorid:1 "]) {
      const body = `${await offerOf("sendonly")}a=${attribute}${"send ".repeat(longest / 5)}\r\n`;
      expect((await post(`${url}/publish/alice`, token, body)).status).toBeLessThan(500);
    }
  });
});

describe("one participant", () => {
  it("takes only its share of the subscriptions, and fewer of those that never connect", async () => {
    const { stage, url } = await publishedStage({ maxSubscriptions: 40, maxSubscriptionsPerParticipant: 14 });
    const viewer = await stage.createToken({ url, participantId: "viewer", capabilities: { allow_subscribe: true } });
    const bob = await stage.createToken({ url, participantId: "bob" });
    const offer = withoutCandidates(await offerOf("recvonly"));
    const answers: { status: number; code: string | undefined }[] = [];
    for (let count = 0; count < 14; count++) answers.push(await post(`${url}/subscribe/alice`, viewer, offer));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(12);
    expect(answers.at(-1)).toEqual({ status: 429, code: "too-many-pending" });
    expect(await post(`${url}/subscribe/alice`, bob, offer)).toMatchObject({ status: 201 });
  });

  it("takes half of them by default", async () => {
    const { url, token } = await publishedStage({ maxSubscriptions: 3 });
    const offer = withoutCandidates(await offerOf("recvonly"));
    for (let count = 0; count < 2; count++) {
      expect(await post(`${url}/subscribe/alice`, token, offer)).toMatchObject({ status: 201 });
    }
    expect(await post(`${url}/subscribe/alice`, token, offer)).toEqual({ status: 403, code: "too-many-subscriptions" });
  });
});

describe("a stage", () => {
  it("takes as many participants as it is told, by HTTP too, and those who are there already once more", async () => {
    const { stage, url, token } = await publishedStage({ maxParticipants: 2 });
    const [bob, carol] = await Promise.all(
      ["bob", "carol"].map((participantId) => stage.createToken({ url, participantId })),
    );
    const [sending, receiving] = [await offerOf("sendonly"), withoutCandidates(await offerOf("recvonly"))];
    expect(await post(`${url}/subscribe/alice`, bob ?? "", receiving)).toMatchObject({ status: 201 });
    const full = { status: 403, code: "too-many-participants" };
    expect(await post(`${url}/subscribe/alice`, carol ?? "", receiving)).toEqual(full);
    expect(await post(`${url}/publish/carol`, carol ?? "", sending)).toEqual(full);
    expect(await post(`${url}/publish/bob`, bob ?? "", sending)).toMatchObject({ status: 201 });
    expect(await post(`${url}/subscribe/alice`, token, receiving)).toMatchObject({ status: 201 });
  });
});

describe("a method that a resource does not have", () => {
  it("is answered 405 with those that it has", async () => {
    const stage = createStage();
    for (const [method, path, allow] of [
      ["GET", "/publish/alice", "POST, OPTIONS"],
      ["PUT", "/subscribe/alice", "POST, OPTIONS"],
      ["PATCH", "/publish/alice/some-id", "DELETE, OPTIONS"],
      ["GET", "/subscribe/alice/some-id", "DELETE, OPTIONS"],
    ] as const) {
      const response = await stage.app.request(path, { method });
      expect([response.status, response.headers.get("allow")], `${method} ${path}`).toEqual([405, allow]);
    }
  });
});

describe("the HTTP server of a stage", () => {
  const idle = (port: number) => {
    const socket = connect(port, "127.0.0.1").resume();
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
    const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
    return { socket, closed };
  };

  it("keeps no connection that says nothing, or too little", async () => {
    const stage = createStage();
    const served = await serveStage(stage);
    onTestFinished(() => served.close());
    const port = Number(new URL(served.url).port);
    const silent = idle(port);
    const slow = idle(port);
    slow.socket.write("POST /publish/alice HTTP/1.1\r\nHost: x\r\n");
    const body = idle(port);
    body.socket.write("POST /publish/alice HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nv=0");
    // Byte by byte for ever.
    const drips = [
      "POST /publish/alice HTTP/1.1\r\nHost: x\r\nX: ",
      "POST /publish/alice HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n",
    ];
    const dripping = drips.map((head) => {
      const { socket, closed } = idle(port);
      socket.write(head);
      const timer = setInterval(() => socket.write("v"), 100);
      socket.on("close", () => clearInterval(timer));
      return closed;
    });
    await Promise.all([silent.closed, slow.closed, body.closed, ...dripping]);
  });

  it("keeps no connection whose upgrade it has refused, though its client does not end it", async () => {
    const stage = createStage();
    const served = await serveStage(stage, { maxConnections: 1 });
    onTestFinished(() => served.close());
    const { port } = new URL(served.url);
    const token = await stage.createToken({ url: served.url });
    for (const head of [
      "GET /nowhere HTTP/1.1",
      "GET / HTTP/1.1",
      `GET /alice/messages HTTP/1.1\r\nAuthorization: Bearer ${token}`,
    ]) {
      const socket = connect({ port: Number(port), host: "127.0.0.1", allowHalfOpen: true }).resume();
      onTestFinished(() => void socket.destroy());
      const ended = new Promise((resolve) => socket.once("end", resolve));
      socket.write(`${head}\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
      await ended;
      await vi.waitFor(async () => expect((await fetch(`${served.url}/health`)).status, head).toBe(200), hangMs);
    }
  });

  it("goes on when it cannot accept connections for a while, and says so", async () => {
    const listen = vi.spyOn(Server.prototype, "listen");
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    onTestFinished(() => void vi.restoreAllMocks());
    const served = await serveStage(createStage());
    onTestFinished(() => served.close());
    const server = listen.mock.contexts[0] as Server;
    for (let count = 0; count < 2; count++) server.emit("error", new Error("accept EMFILE"));
    expect(warn).toHaveBeenCalledTimes(2);
    expect((await fetch(`${served.url}/health`)).status).toBe(200);
  });

  it("drops connections above its bound", async () => {
    const stage = createStage();
    const served = await serveStage(stage, { maxConnections: 2 });
    onTestFinished(() => served.close());
    const port = Number(new URL(served.url).port);
    const held = [idle(port), idle(port)];
    await Promise.all(held.map(({ socket }) => new Promise((resolve) => socket.once("connect", resolve))));
    await idle(port).closed;
    expect(held.map(({ socket }) => socket.destroyed)).toEqual([false, false]);
  });
});
