import { buildUserDataSei } from "@inband/h264";
import { sliceOf } from "@inband/rig/access-unit";
import { hangMs } from "@inband/rig/hang";
import { eachServerSentEvent } from "@inband/rig/server-sent-events";
import { servedStage } from "@inband/rig/stage/served-stage";
import { until } from "@inband/rig/until";
import { offer } from "@inband/rig/werift/peer";
import { sequenceDifference } from "@inband/rtp";
import { SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/werift";
import { describe, expect, it, onTestFinished } from "vitest";
import { type RTCRtpTransceiver, RtcpReceiverInfo, RtcpRrPacket, type RtpPacket } from "werift";
import { type LayerPacket, publishSimulcast, spsOfSize } from "./simulcast.ts";
import { peer } from "./stage.ts";

const sizes = { low: [20, 12], mid: [40, 23], hi: [80, 45] } as const satisfies Record<
  string,
  readonly [number, number]
>;
type Rid = keyof typeof sizes;
const rids = ["low", "mid", "hi"] as const;

/** Pictures of three layers, 30 in a second, of two packets each; a key frame has three. */
async function publishing({ isLost }: { isLost?: (sequenceNumber: number) => boolean } = {}) {
  const { stage, url } = await servedStage();
  const token = await stage.createToken({ url, participantId: "alice" });
  const publisher = await publishSimulcast(url, token, rids, isLost);
  const next = { low: 100, mid: 20_000, hi: 65_530 };
  const silent = new Set<Rid>();
  let answered = 0;
  let picture = 0;
  const write = (rid: Rid, payload: Uint8Array, marker: boolean, timestamp: number): LayerPacket => {
    const packet = { sequenceNumber: next[rid], timestamp, payload, marker };
    next[rid] = (next[rid] + 1) & 0xffff;
    publisher.send(rid, packet);
    return packet;
  };
  const timer = setInterval(() => {
    const asked = publisher.requests.slice(answered);
    answered = publisher.requests.length;
    for (const [index, rid] of rids.entries()) {
      if (silent.has(rid)) continue;
      const timestamp = (picture * 3000 + index * 1_000_000) >>> 0;
      const isKeyFrame = picture === 0 || asked.includes(rid);
      const [width, height] = sizes[rid];
      if (isKeyFrame) write(rid, spsOfSize(width, height), false, timestamp);
      write(rid, textOf(`${rid} ${picture}`), false, timestamp);
      write(rid, sliceOf(isKeyFrame, 300), true, timestamp);
    }
    picture += 1;
  }, 1000 / 30);
  return { stage, url, token, publisher, silent, stop: () => clearInterval(timer) };
}

const uuid = Uint8Array.from({ length: 16 }, (_, index) => index);
const textOf = (text: string) => buildUserDataSei({ uuid, payload: new TextEncoder().encode(text) });

/** A subscriber, the packets that it gets, and its session's controls. */
async function subscribed(url: string, token: string, headers: Record<string, string> = {}) {
  const pc = peer();
  const transceiver: RTCRtpTransceiver = pc.addTransceiver("video", { direction: "recvonly" });
  const packets: RtpPacket[] = [];
  transceiver.onTrack.subscribe((track) => track.onReceiveRtp.subscribe((packet) => packets.push(packet)));
  const authorization = `Bearer ${token}`;
  const response = await fetch(`${url}/subscribe/alice`, {
    method: "POST",
    headers: { authorization, "content-type": "application/sdp", ...headers },
    body: (await offer(pc)).sdp,
  });
  await pc.setRemoteDescription({ type: "answer", sdp: await response.text() });
  await until(() => pc.connectionState === "connected");
  const links = new Map(
    (response.headers.get("link") ?? "").split(", ").map((link) => {
      const [, path, relation] = /^<(.+)>; rel="(.+)"$/.exec(link) ?? [];
      return [relation?.split(":").at(-1), `${url}${path}`];
    }),
  );
  const ask = async (link: "layer" | "playback-controls", body?: unknown) =>
    fetch(links.get(link) as string, {
      headers: { authorization },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
  return { transceiver, packets, ask, layers: async () => (await (await ask("layer")).json()).layers };
}

/** Of which layer a packet's message speaks. */
const messageIn = ({ payload }: RtpPacket) => /(low|mid|hi) (\d+)/.exec(payload.toString("latin1"));
const layersIn = (packets: readonly RtpPacket[]) =>
  packets.flatMap((packet) => messageIn(packet)?.[1] ?? []).filter((rid, index, all) => rid !== all[index - 1]);

/** Expects one stream: consecutive numbers, timestamps that rise, and each picture's message once. */
function expectOneStream(packets: readonly RtpPacket[]) {
  const numbers = packets.map(({ header }) => header.sequenceNumber);
  expect(numbers).toEqual(numbers.map((_, index) => ((numbers[0] as number) + index) & 0xffff));
  const timestamps = packets.map(({ header }) => header.timestamp);
  expect(timestamps.every((timestamp, index) => index === 0 || timestamp >= (timestamps[index - 1] as number))).toBe(
    true,
  );
  const pictures = packets.flatMap((packet) => messageIn(packet)?.[2] ?? []).map(Number);
  const [first = 0] = pictures;
  // Where the layer changes a picture comes in both.
  expect([...new Set(pictures)]).toEqual(
    Array.from({ length: (pictures.at(-1) ?? 0) - first + 1 }, (_, i) => first + i),
  );
}

describe("the layers of a simulcast publisher", () => {
  it("are each asked again for what was lost of them on the way to the stage", async () => {
    const { url, token, stop } = await publishing({ isLost: (sequenceNumber) => sequenceNumber % 11 === 0 });
    for (const rid of rids) {
      const { transceiver, packets, ask } = await subscribed(url, token);
      expect((await ask("layer", { mediaId: transceiver.mid, encodingId: rid })).status).toBe(200);
      await until(() => layersIn(packets).at(-1) === rid);
      const before = packets.length;
      await until(() => packets.length > before + 100);
      const inOrder = packets
        .slice(before)
        .toSorted((a, b) => sequenceDifference(a.header.sequenceNumber, b.header.sequenceNumber));
      // The subscriber, too, requests what is late, and gets it twice then.
      const once = inOrder.filter(({ header }, at) => header.sequenceNumber !== inOrder[at - 1]?.header.sequenceNumber);
      // What was lost at either end comes before or after these.
      expectOneStream(once.slice(20, -20));
    }
    stop();
  });

  it("go each to the subscriber that wants it, over at key frames, as one stream", async () => {
    const { url, token, stop } = await publishing();
    const one = await subscribed(url, token);
    const other = await subscribed(url, token);
    await until(() => [one, other].every(({ packets }) => layersIn(packets).at(-1) === "hi"));
    expect(await one.layers()).toMatchObject([
      { encodingId: "low", width: 320, height: 192, selected: false },
      { encodingId: "mid", width: 640, height: 368, selected: false },
      { encodingId: "hi", width: 1280, height: 720, selected: true },
    ]);
    const { mid } = other.transceiver;
    expect((await other.ask("layer", { mediaId: mid, encodingId: "low" })).status).toBe(200);
    await until(() => layersIn(other.packets).at(-1) === "low");
    const chosen = await other.layers();
    expect(chosen.map(({ selected }: { selected: boolean }) => selected)).toEqual([true, false, false]);
    // A rate takes a while to measure.
    await expect.poll(async () => (await other.layers())[0].framesPerSecond, { timeout: hangMs }).toBeGreaterThan(0);
    expect((await other.layers())[0].bitrate).toBeGreaterThan(0);
    expect((await other.ask("layer", { mediaId: mid, encodingId: "mid" })).status).toBe(200);
    await until(() => layersIn(other.packets).at(-1) === "mid");
    expect((await other.ask("layer", {})).status).toBe(200);
    await until(() => layersIn(other.packets).at(-1) === "hi");
    stop();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(layersIn(one.packets).at(-1)).toBe("hi");
    expect(layersIn(other.packets).slice(-4)).toEqual(["hi", "low", "mid", "hi"]);
    expectOneStream(one.packets);
    expectOneStream(other.packets);
    const switched = other.packets.findLastIndex((packet) => messageIn(packet)?.[1] === "mid");
    expect((other.packets[switched + 2] as RtpPacket).payload[0]).toBe(0x67);
  });

  it("begin with the lowest where a subscriber asks for it, and get larger while nothing is lost", async () => {
    const { url, token, stop } = await publishing();
    const viewer = await subscribed(url, token, { "x-stages-initial-layer-pref": "lowest" });
    await until(() => layersIn(viewer.packets).at(-1) === "hi");
    stop();
    expect(layersIn(viewer.packets).filter((rid, index) => index > 0 || rid === "low")).toEqual(["low", "mid", "hi"]);
    expectOneStream(viewer.packets);
  });

  it("get smaller for a subscriber whose reports show heavy loss, and stay as they are for the others", async () => {
    const { url, token, stop } = await publishing();
    const [lossy, other] = [await subscribed(url, token), await subscribed(url, token)];
    await until(() => [lossy, other].every(({ packets }) => layersIn(packets).at(-1) === "hi"));
    const { receiver } = lossy.transceiver;
    const lossReport = new RtcpReceiverInfo({
      ...{ ssrc: lossy.packets.at(-1)?.header.ssrc ?? 0, fractionLost: 100, packetsLost: 10 },
      ...{ highestSequence: 0, jitter: 0, lsr: 0, dlsr: 0 },
    });
    const report = new RtcpRrPacket({ ssrc: receiver.rtcpSsrc, reports: [lossReport] });
    // As receivers do, again and again: on a slow machine the publisher's own losses may be what one report speaks of.
    const reporting = setInterval(() => receiver.dtlsTransport.sendRtcp([report]), 1000);
    onTestFinished(() => clearInterval(reporting));
    await until(() => layersIn(lossy.packets).includes("mid"));
    clearInterval(reporting);
    stop();
    expect(layersIn(other.packets).at(-1)).toBe("hi");
    expectOneStream(lossy.packets);
  });

  it("give way to the next smaller one when they cease, the chosen one too, and come back", async () => {
    const { url, token, silent, stop } = await publishing();
    const viewer = await subscribed(url, token);
    await until(() => layersIn(viewer.packets).at(-1) === "hi");
    await viewer.ask("layer", { mediaId: viewer.transceiver.mid, encodingId: "hi" });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    silent.add("hi");
    await until(() => layersIn(viewer.packets).at(-1) === "mid");
    expect((await viewer.layers()).map(({ encodingId }: { encodingId: string }) => encodingId)).toEqual(["low", "mid"]);
    silent.delete("hi");
    await until(() => layersIn(viewer.packets).at(-1) === "hi");
    stop();
  });

  it("still bring what was lost of one when its subscriber has gone over to another", async () => {
    const { stage, url } = await servedStage();
    const token = await stage.createToken({ url, participantId: "alice" });
    const publisher = await publishSimulcast(url, token, rids);
    const viewer = await subscribed(url, token);
    const send = (rid: Rid, sequenceNumber: number, payload: Uint8Array) =>
      publisher.send(rid, { sequenceNumber, timestamp: sequenceNumber * 3000, payload });
    const keyFrame = (rid: Rid) => spsOfSize(sizes[rid][0], sizes[rid][1]);
    send("low", 10, keyFrame("low"));
    send("low", 11, textOf("low 1"));
    send("low", 13, textOf("low 3"));
    send("hi", 500, keyFrame("hi"));
    await until(() => viewer.packets.length === 3);
    const { mid } = viewer.transceiver;
    expect((await viewer.ask("layer", { mediaId: mid, encodingId: "hi" })).status).toBe(200);
    for (let number = 501; viewer.packets.length === 3; number += 1) {
      send("hi", number, keyFrame("hi"));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    send("low", 14, textOf("low 4"));
    send("low", 12, textOf("low 2"));
    await until(() => viewer.packets.some((packet) => messageIn(packet)?.[0] === "low 2"));
    const numbers = viewer.packets.map((packet) => [packet.header.sequenceNumber, messageIn(packet)?.[0]]);
    expect(numbers.slice(0, 4)).toEqual([
      [10, undefined],
      [11, "low 1"],
      [13, "low 3"],
      [14, undefined],
    ]);
    expect(numbers).toContainEqual([12, "low 2"]);
    expect(numbers.map(([, message]) => message)).not.toContain("low 4");
  });

  it("all carry what is posted, which comes once to whoever gets any of them, and to whoever reads without video", async () => {
    const { url, token, stop } = await publishing();
    const received: string[][] = [];
    for (const preference of ["lowest", "highest"]) {
      const subscriber = new SeiSubscriber<string>();
      onTestFinished(() => subscriber.close());
      const values: string[] = [];
      received.push(values);
      subscriber.on("message", ({ value }) => values.push(value));
      const viewer = await subscribed(url, token, { "x-stages-initial-layer-pref": preference });
      subscriber.attach(weriftFeed(viewer.transceiver));
    }
    const authorization = `Bearer ${token}`;
    const reading = new AbortController();
    onTestFinished(() => reading.abort());
    const read: string[] = [];
    received.push(read);
    const messages = await fetch(`${url}/alice/messages`, { headers: { authorization }, signal: reading.signal });
    eachServerSentEvent(messages, ({ data }) => read.push(JSON.parse(data).value)).catch(() => {});
    const texts = ["one", "two", "three", "four", "five"];
    for (const text of texts) {
      const posted = await fetch(`${url}/alice/messages`, {
        ...{ method: "POST", body: JSON.stringify(text) },
        headers: { authorization, "content-type": "application/json" },
      });
      const { outcome, streams } = (await posted.json()) as { outcome: string; streams: { stream: string }[] };
      expect(outcome).toBe("sent");
      expect(streams.map(({ stream }) => stream).toSorted()).toEqual(["hi", "low", "mid"]);
    }
    await until(() => received.every((values) => values.length >= texts.length));
    stop();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(received).toEqual([texts, texts, texts]);
  });

  it("stop while their section is paused, and begin again with a key frame", async () => {
    const { url, token, stop } = await publishing();
    const viewer = await subscribed(url, token);
    await until(() => layersIn(viewer.packets).at(-1) === "hi");
    const { mid } = viewer.transceiver;
    expect((await viewer.ask("playback-controls", { pause: [mid] })).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = viewer.packets.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(viewer.packets.length).toBe(before);
    expect((await viewer.ask("playback-controls", { play: [mid] })).status).toBe(200);
    await until(() => viewer.packets.length > before + 5);
    stop();
    expect((viewer.packets[before] as RtpPacket).payload[0]).toBe(0x67);
    const [last, next] = [viewer.packets[before - 1], viewer.packets[before]] as [RtpPacket, RtpPacket];
    expect((next.header.sequenceNumber - last.header.sequenceNumber) & 0xffff).toBe(1);
  });

  it("are told and chosen by the session's own participant alone, and what is not there is refused", async () => {
    const { stage, url, token, stop } = await publishing();
    const viewer = await subscribed(url, token);
    const stranger = await subscribed(url, await stage.createToken({ url, participantId: "bob" }));
    stop();
    const { mid } = viewer.transceiver;
    const status = async (...request: Parameters<typeof viewer.ask>) => (await viewer.ask(...request)).status;
    expect(await status("layer", { mediaId: mid, encodingId: "huge" })).toBe(404);
    expect(await status("layer", { mediaId: "9", encodingId: "low" })).toBe(404);
    expect(await status("layer", { mediaId: mid, encodingId: 5 })).toBe(400);
    expect(await status("layer", null)).toBe(400);
    expect(await status("playback-controls", { pause: "0" })).toBe(400);
    expect(await status("playback-controls", { play: ["9"] })).toBe(404);
    expect(await status("playback-controls", { pause: Array(4000).fill("0") })).toBe(413);
    const link = (await viewer.ask("layer")).url;
    const foreign = await fetch(link, { headers: { authorization: await bearer(stage, url, "bob") } });
    expect(foreign.status).toBe(403);
    expect((await fetch(link)).status).toBe(401);
    expect((await fetch(link, { method: "DELETE" })).status).toBe(405);
    expect((await stranger.layers()).length).toBeLessThanOrEqual(3);
  });
});

async function bearer(
  stage: { createToken(options: { url: string; participantId: string }): Promise<string> },
  url: string,
  participantId: string,
) {
  return `Bearer ${await stage.createToken({ url, participantId })}`;
}
