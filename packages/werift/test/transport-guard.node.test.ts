import { until } from "@inband/rig/until";
import { negotiate } from "@inband/rig/werift/peer";
import { peer, receiver } from "@inband/rig/werift/test-peer";
import { guardTransport } from "@inband/werift";
import { describe, expect, it, vi } from "vitest";
import { type RTCDtlsTransport, type RTCRtpTransceiver, RtcpRrPacket, RtpHeader } from "werift";
import { filterStunRequests, type IceProtocol } from "../src/werift-internals.ts";

async function connected() {
  const [a, b] = [peer(), receiver().pc];
  a.addTransceiver("video", { direction: "sendonly" });
  const guard = guardTransport(a.dtlsTransports[0] as RTCDtlsTransport);
  await negotiate(a, b);
  await until(() => a.connectionState === "connected" && b.connectionState === "connected");
  return { a, b, guard, transport: a.dtlsTransports[0] as RTCDtlsTransport };
}

describe("a guarded transport", () => {
  it("is guarded in this version of werift, without a warning", async () => {
    const warnings = vi.spyOn(process, "emitWarning");
    await connected();
    expect(warnings).not.toHaveBeenCalled();
  });

  it("is one, however often it is asked for", async () => {
    const { guard, transport } = await connected();
    expect(guardTransport(transport)).toBe(guard);
  });

  it("keeps a burst of packets that come while its event loop is busy", async () => {
    const { b, transport } = await connected();
    const numbers = Array.from({ length: 150 }, (_, index) => index);
    const received: number[] = [];
    transport.onRtp.subscribe(({ header }) => received.push(header.sequenceNumber));
    const from = b.dtlsTransports[0] as RTCDtlsTransport;
    const payload = Buffer.alloc(1100);
    for (const sequenceNumber of numbers) void from.sendRtp(payload, new RtpHeader({ sequenceNumber, ssrc: 1 }));
    await until(() => received.includes(149));
    expect(received).toEqual(numbers);
  });

  it("answers a probe while its peer lives, hears it, and gets no answer from a peer that is gone", async () => {
    const { b, guard } = await connected();
    const before = guard.heard;
    expect([await guard.probe(), await guard.answers()]).toEqual([true, true]);
    expect(guard.heard).toBeGreaterThan(before);
    await b.close();
    expect([await guard.probe(), await guard.answers()]).toEqual([false, false]);
  });

  it("does not take its own questions for a sign of life", async () => {
    const { b, guard } = await connected();
    const transport = b.dtlsTransports[0] as RTCDtlsTransport;
    const { protocol } = transport.iceTransport.connection.nominated ?? {};
    filterStunRequests(protocol as IceProtocol, () => false);
    const asking = setInterval(() => void guard.probe(), 100);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await transport.sendRtcp([new RtcpRrPacket({ ssrc: 1, reports: [] })]);
    // It stands for the answers to the questions that were asked by then.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const before = guard.heard;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    clearInterval(asking);
    expect(guard.heard).toBe(before);
  });

  it("takes the media of a peer that answers no STUN request for its consent, and its silence for none", async () => {
    const { a, b, guard } = await connected();
    const [{ sender }] = b.getTransceivers() as [RTCRtpTransceiver];
    const transport = b.dtlsTransports[0] as RTCDtlsTransport;
    const { protocol } = transport.iceTransport.connection.nominated ?? {};
    filterStunRequests(protocol as IceProtocol, () => false);
    const reporting = setInterval(() => {
      void transport.sendRtcp([new RtcpRrPacket({ ssrc: sender.ssrc, reports: [] })]);
    }, 50);
    expect([await guard.probe(), await guard.answers()]).toEqual([true, false]);
    clearInterval(reporting);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await guard.probe()).toBe(false);
    expect(a.connectionState).toBe("connected");
  });
});
