import { buildSei, buildUserDataUnregistered } from "@inband/h264";
import type { CarrierEvents, Part } from "@inband/publisher";
import { peerConfig, WeriftVideo } from "@inband/publisher/werift";
import { connectWhep, connectWhip } from "@inband/stage/client";
import { createStage, serveStage } from "@inband/stage/server";
import { weriftFeed } from "@inband/subscriber/werift";
import { describe, expect, it, onTestFinished } from "vitest";
import { RTCPeerConnection } from "werift";
import { accessUnit } from "./access-units.ts";

const uuid = Uint8Array.from({ length: 16 }, (_, index) => index + 1);

async function servedStage() {
  const stage = createStage();
  const served = await serveStage(stage);
  onTestFinished(async () => {
    await stage.close();
    await served.close();
  });
  return { stage, url: served.url };
}

function peer() {
  const pc = new RTCPeerConnection(peerConfig({ loopback: true, audio: true }));
  onTestFinished(() => pc.close());
  return pc;
}

describe("x", () => {
  it("y", async () => {
    const t0 = performance.now();
    const { stage, url } = await servedStage();
    const token = await stage.createToken({ url, participantId: "alice" });
    const video = new WeriftVideo();
    const pc = peer();
    const connected = video.connect(pc);
    const session = await connectWhip(pc, { url: `${url}/publish/alice`, token });
    console.log("whip", performance.now() - t0);
    await connected;
    console.log("connected", performance.now() - t0, session.location);
    while (!stage.participants()[0]?.isConnected) await new Promise((r) => setTimeout(r, 5));
    const viewer = peer();
    const transceiver = viewer.addTransceiver("video", { direction: "recvonly" });
    const seen: unknown[] = [];
    let units = 0;
    weriftFeed(transceiver).open({
      userData: ({ payload }, place) => seen.push([...payload], place.rtpTimestamp),
      accessUnits: (n) => {
        units += n;
      },
      failed: (e) => console.log(e),
    });
    const s2 = await connectWhep(viewer, { url: `${url}/subscribe/alice`, token });
    while (viewer.connectionState !== "connected") await new Promise((r) => setTimeout(r, 5));
    console.log("sub connected", performance.now() - t0, stage.participants());
    const open = video.open({
      sent: (r) => console.log(JSON.stringify(r)),
      keyFrameRequest() {
        console.log("kf");
      },
      bitrate() {},
      stalled() {},
      failed(e) {
        console.log(e);
      },
    });
    const part: Part = {
      messageId: "1",
      uuid,
      payload: Uint8Array.of(1, 2, 0, 0, 1, 0, 0, 0),
      copies: 3,
      keyFrameCopies: 0,
      priority: 0,
      expiresAtMs: Date.now() + 5000,
      retain: false,
      alone: false,
    };
    open.offer([part]);
    for (let i = 0; i < 30; i++) {
      video.write(accessUnit(i));
      await new Promise((r) => setTimeout(r, 10));
    }
    console.log(seen, units, video.stats());
    await pc.close();
    const t1 = performance.now();
    while (stage.participants().length > 0 && performance.now() - t1 < 20000)
      await new Promise((r) => setTimeout(r, 20));
    console.log("gone after", performance.now() - t1, viewer.connectionState, viewer.dtlsTransports[0].state);
    await s2.close();
  }, 40000);
});
