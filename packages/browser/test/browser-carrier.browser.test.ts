import { type BrowserCarrierOptions, browserCarrier, browserFeed } from "@inband/browser";
import { message, uuid } from "@inband/rig/message";
import { untilFlowsWhileBlocked } from "@inband/rig/page/blocked-page";
import { connectLoopback, framesDecoded, type Loopback, type LoopbackOptions } from "@inband/rig/page/loopback";
import { until } from "@inband/rig/page/until";
import { startWorker } from "@inband/rig/page/worker";
import { RecordedEvents } from "@inband/rig/recorded-events";
import { RecordingSink } from "@inband/rig/recording-sink";
import { defaultCarrierLimits, type OpenCarrier } from "@inband/stream";
import { afterEach, describe, expect, it, vi } from "vitest";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const thing of open.splice(0)) thing.close();
});

interface Ends {
  readonly loopback: Loopback;
  readonly carrier: OpenCarrier;
  readonly events: RecordedEvents;
  readonly sink: RecordingSink;
}

async function connect(options: LoopbackOptions & { carrier?: BrowserCarrierOptions } = {}): Promise<Ends> {
  const events = new RecordedEvents();
  const sink = new RecordingSink(uuid);
  let carrier: OpenCarrier | undefined;
  const loopback = await connectLoopback({
    onSender: (sender) => {
      carrier = browserCarrier(sender, options.carrier).open(events, defaultCarrierLimits);
    },
    onReceiver: (receiver) => browserFeed(receiver).open(sink),
    ...options,
  });
  open.push(loopback);
  return { loopback, carrier: carrier as OpenCarrier, events, sink };
}

const names = (count: number) => Array.from({ length: count }, (_, n) => `message ${n}`);
const once = (texts: readonly string[]) => [...new Set(texts)];

describe("browserCarrier", () => {
  it("names what it expected of a receiver, a sender of audio with or without a track, and a wrong option", () => {
    const pc = new RTCPeerConnection();
    open.push(pc);
    const video = pc.addTransceiver("video");
    const silent = pc.addTransceiver("audio").sender;
    const [track] = new AudioContext().createMediaStreamDestination().stream.getAudioTracks();
    const audio = pc.addTransceiver(track as MediaStreamTrack).sender;
    const carry =
      (...wrong: unknown[]) =>
      () =>
        browserCarrier(...(wrong as Parameters<typeof browserCarrier>));
    expect(carry(video.receiver)).toThrow(/^sender: expected the RTCRtpSender of video, got an? RTCRtpReceiver$/);
    expect(carry(video)).toThrow(/^sender: expected .*, got an? RTCRtpTransceiver$/);
    expect(carry(undefined)).toThrow(/^sender: expected .*, got undefined$/);
    for (const sender of [silent, audio]) expect(carry(sender)).toThrow(/^sender: expected .*, got one of audio$/);
    expect(carry(video.sender, { name: "x" })).toThrow(/^name: no such option, expected worker$/);
    expect(carry(video.sender, { worker: "/worker.js" })).toThrow(/^worker: expected a Worker, got "\/worker.js"$/);
    expect(carry(silent)).toThrow(TypeError);
    expect(video.sender.transform ?? null).toBe(null);
  });

  it("takes every message to the other side and reports each once", async () => {
    const { carrier, events, sink } = await connect();
    const sent = names(40);
    for (const name of sent) carrier.offer(message(name, { copies: 3 }));
    await until("all are there", () => once(sink.texts).length >= sent.length);
    await until("all are reported", () => events.reports.length >= sent.length);

    expect(once(sink.texts)).toEqual(sent);
    expect(events.reports.map(({ messageId }) => messageId)).toEqual(sent);
    expect(new Set(events.reports.map(({ outcome }) => outcome))).toEqual(new Set(["sent"]));
    expect(events.errors).toEqual([]);
  });

  it("reports the RTP timestamps that the receiver sees", async () => {
    const { carrier, events, sink } = await connect();
    await until("frames flow", () => sink.accessUnitCount > 0);
    carrier.offer(message("hello", { copies: 3 }));
    await until("it is reported", () => events.reports.length > 0);
    await until("three copies are there", () => new Set(sink.heard.map(({ rtpTimestamp }) => rtpTimestamp)).size >= 3);

    const seen = [...new Set(sink.heard.map(({ rtpTimestamp }) => rtpTimestamp))];
    expect(events.reports[0]?.streams[0]?.rtpTimestamps).toEqual(seen);
  });

  it("keeps frames and messages flowing while the page is blocked", async () => {
    const { carrier, events, sink } = await connect();
    await until("frames flow", () => sink.accessUnitCount > 0);
    carrier.offer(message("on every frame", { copies: 5000, expiresAtMs: Date.now() + 60_000 }));
    const sent: string[] = [];
    await untilFlowsWhileBlocked(
      () => sink.accessUnitCount,
      () => {
        sent.push(`message ${sent.length}`);
        carrier.offer(message(`message ${sent.length - 1}`, { copies: 3 }));
      },
    );
    await until("all are there", () => once(sink.texts).length > sent.length);
    await until("all are reported", () => events.reports.length >= sent.length);
    expect(once(sink.texts).filter((text) => text !== "on every frame")).toEqual(sent);
  });

  it("carries the messages of several publishers, each with its own reports", async () => {
    const others = new RecordedEvents();
    let other: OpenCarrier | undefined;
    const events = new RecordedEvents();
    let carrier: OpenCarrier | undefined;
    const { sink } = await connect({
      onSender: (sender) => {
        const both = browserCarrier(sender);
        carrier = both.open(events, both.limits);
        other = both.open(others, both.limits);
      },
    });
    carrier?.offer(message("mine", { copies: 3 }));
    other?.offer(message("theirs", { copies: 3 }));
    await until("both are there", () => once(sink.texts).length >= 2);
    await until("both are reported", () => events.reports.length + others.reports.length >= 2);
    expect(once(sink.texts).sort()).toEqual(["mine", "theirs"]);
    expect(events.reports.map(({ messageId }) => messageId)).toEqual(["mine"]);
    expect(others.reports.map(({ messageId }) => messageId)).toEqual(["theirs"]);
  });

  it("leaves the video running when it is disposed of, and reports what was waiting", async () => {
    const { loopback, carrier, events, sink } = await connect();
    await until("frames flow", () => sink.accessUnitCount > 0);
    carrier.offer(message("too many copies", { copies: 10_000 }));
    carrier[Symbol.dispose]();
    carrier[Symbol.dispose]();
    carrier.offer(message("after the end"));
    await until("it is reported", () => events.reports.length > 0);
    const decoded = await framesDecoded(loopback.receiving);
    await until("the video goes on", async () => (await framesDecoded(loopback.receiving)) > decoded + 30);
    expect(events.reports.map(({ messageId }) => messageId)).toEqual(["too many copies"]);
    expect(sink.texts).not.toContain("after the end");
  });

  it("withdraws what has not left", async () => {
    const { carrier, events } = await connect({ onReceiver: () => undefined });
    carrier.offer(message("never mind"));
    carrier.withdraw("never mind");
    await until("it is reported", () => events.reports.length > 0);
    expect(events.reports).toMatchObject([{ messageId: "never mind", outcome: "cancelled" }]);
  });

  it("says once that another codec carries no messages, and passes it", async () => {
    const { loopback, carrier, events } = await connect({ mimeType: "video/VP8", onReceiver: () => undefined });
    carrier.offer(message("lost", { expiresAtMs: Date.now() + 1500 }));
    await until("the video plays", async () => (await framesDecoded(loopback.receiving)) > 10);
    await until("it is reported", () => events.reports.length > 0);
    expect(events.errors).toMatchObject([{ name: "NoH264Error", offered: ["VP8"] }]);
    expect(events.reports).toMatchObject([{ outcome: "expired" }]);
  });

  it("uses createEncodedStreams where there is no RTCRtpScriptTransform", async () => {
    vi.stubGlobal("RTCRtpScriptTransform", undefined);
    open.push({ close: () => vi.unstubAllGlobals() });
    const { carrier, events, sink } = await connect({
      configuration: { encodedInsertableStreams: true } as RTCConfiguration,
    });
    const sent = names(10);
    for (const name of sent) carrier.offer(message(name, { copies: 3 }));
    await until("all are there", () => once(sink.texts).length >= sent.length);
    await until("all are reported", () => events.reports.length >= sent.length);
    expect(once(sink.texts)).toEqual(sent);
    expect(events.errors).toEqual([]);
    expect(sink.errors).toEqual([]);
  });

  it("tells when messages wait and no frame comes", async () => {
    const connection = new RTCPeerConnection();
    open.push(connection);
    const { sender } = connection.addTransceiver("video");
    const events = new RecordedEvents();
    const carrier = browserCarrier(sender).open(events, defaultCarrierLimits);
    carrier.offer(message("nowhere to go", { expiresAtMs: Date.now() + 1500 }));
    await until("it stalls", () => events.stalls > 0);
    await until("it expires", () => events.reports.length > 0);
    expect(events.reports).toMatchObject([{ messageId: "nowhere to go", outcome: "expired", streams: [] }]);
  });

  it("leaves the video and other messages running when a message cannot be written", async () => {
    const others = new RecordedEvents();
    let other: OpenCarrier | undefined;
    const events = new RecordedEvents();
    let carrier: OpenCarrier | undefined;
    const { loopback, sink } = await connect({
      onSender: (sender) => {
        carrier = browserCarrier(sender).open(events, defaultCarrierLimits);
        other = browserCarrier(sender).open(others, defaultCarrierLimits);
      },
    });
    await until("frames flow", () => sink.accessUnitCount > 0);
    carrier?.offer(message("no such uuid", { uuid: new Uint8Array(3) }));
    carrier?.offer(message("age beyond the end", { ageOffset: 1000, expiresAtMs: Date.now() + 1000 }));
    other?.offer(message("sound", { copies: 3 }));
    await until("the sound one is there", () => sink.heard.length > 0);
    await until("all are reported", () => events.reports.length >= 2);
    const decoded = await framesDecoded(loopback.receiving);
    await until("the video goes on", async () => (await framesDecoded(loopback.receiving)) > decoded + 10);

    expect(once(sink.texts)).toEqual(["sound"]);
    expect(events.errors.map(({ name }) => name)).toEqual(["BrowserCarrierError", "BrowserCarrierError"]);
    expect(events.reports).toMatchObject([
      { messageId: "no such uuid", outcome: "dropped" },
      { messageId: "age beyond the end", outcome: "expired" },
    ]);
    expect(others.reports).toMatchObject([{ messageId: "sound", outcome: "sent" }]);
  });

  it("goes on with a worker of its own when the given one cannot be started", async () => {
    const broken = startWorker("throw new Error('no such worker')");
    broken.addEventListener("error", (event) => event.preventDefault());
    open.push({ close: () => broken.terminate() });
    const { loopback, carrier, events, sink } = await connect({ carrier: { worker: broken } });
    carrier.offer(message("all the same", { copies: 3 }));
    await until("the message is there", () => sink.heard.length > 0);
    await until("it is reported", () => events.reports.length > 0);
    expect(events.errors).toMatchObject([{ name: "BrowserCarrierError", code: "worker-failed" }]);
    expect(events.reports).toMatchObject([{ messageId: "all the same", outcome: "sent" }]);
    expect(await framesDecoded(loopback.receiving)).toBeGreaterThanOrEqual(0);
  });

  it("goes on with a worker of its own when the given one was dead before", async () => {
    const dead = startWorker("throw new Error('no such worker')");
    open.push({ close: () => dead.terminate() });
    await new Promise<void>((resolve) => {
      dead.addEventListener("error", (event) => {
        event.preventDefault();
        resolve();
      });
    });
    const { carrier, events, sink } = await connect({ carrier: { worker: dead } });
    carrier.offer(message("all the same", { copies: 3, expiresAtMs: Date.now() + 60_000 }));
    await until("the failure is told", () => events.errors.length > 0);
    await until("the message is there", () => sink.heard.length > 0);
    expect(once(sink.texts)).toEqual(["all the same"]);
    expect(events.errors).toMatchObject([{ name: "BrowserCarrierError", code: "worker-failed" }]);
  });

  it("goes on with a worker of its own when the given one cleans up late", async () => {
    // It takes its first transform, and is busy when another worker gets the next one.
    const busy = startWorker(
      "setTimeout(() => { for (const end = performance.now() + 3000; performance.now() < end; ); }, 4000)",
    );
    open.push({ close: () => busy.terminate() });
    const { loopback, carrier, events, sink } = await connect({ carrier: { worker: busy } });
    await until("the failure is told", () => events.errors.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const decoded = await framesDecoded(loopback.receiving);
    await until("the video goes on", async () => (await framesDecoded(loopback.receiving)) > decoded + 30);
    carrier.offer(message("all the same", { copies: 3 }));
    await until("the message is there", () => sink.heard.length > 0);
    expect(events.errors).toMatchObject([{ name: "BrowserCarrierError", code: "worker-failed" }]);
  });

  it("shares a worker of the application, whatever else that one says", async () => {
    const worker = new Worker(new URL("../src/worker/index.ts", import.meta.url), { type: "module" });
    open.push({ close: () => worker.terminate() });
    const { carrier, events, sink } = await connect({ carrier: { worker } });
    for (const data of ["hello", null, 7, {}, { kind: 5 }, { tap: 1 }, { role: "carrier", tap: "x" }]) {
      worker.dispatchEvent(new MessageEvent("message", { data }));
    }
    carrier.offer(message("hello", { copies: 3 }));
    await until("it is reported", () => events.reports.length > 0);
    await until("the message is there", () => sink.heard.length > 0);
    expect(events.errors).toEqual([]);
  });

  it("leaves a transform of the application alone and says so", async () => {
    const other = startWorker(
      "onrtctransform = ({ transformer: { readable, writable } }) => void readable.pipeTo(writable).catch(() => {});",
    );
    open.push({ close: () => other.terminate() });
    const events = new RecordedEvents();
    const { loopback } = await connect({
      onSender: (sender) => {
        sender.transform = new RTCRtpScriptTransform(other, {});
        browserCarrier(sender).open(events, defaultCarrierLimits).offer(message("lost"));
      },
    });
    await until("it is reported", () => events.reports.length > 0);
    await until("the video plays", async () => (await framesDecoded(loopback.receiving)) > 10);
    expect(events.errors).toMatchObject([{ code: "transform-taken" }]);
    expect(events.reports).toMatchObject([{ messageId: "lost", outcome: "dropped" }]);
  });

  it("puts every message into every simulcast layer", async () => {
    const { loopback, carrier, events } = await connect({ layers: ["q", "h"], onReceiver: () => undefined });
    await until("both layers flow", async () => (await layersSending(loopback.sender)) === 2);
    const sent = names(20);
    for (const name of sent) carrier.offer(message(name, { copies: 3 }));
    await until("all are reported", () => events.reports.length >= sent.length);
    for (const { outcome, streams } of events.reports) {
      expect(outcome).toBe("sent");
      expect(streams.map(({ copies }) => copies)).toEqual([3, 3]);
    }
  });

  it("tells when it was set on a sender that sends already, and leaves the video running", async () => {
    const { loopback, sink } = await connect({ onSender: () => undefined });
    await until("frames flow", () => sink.accessUnitCount > 0);
    const events = new RecordedEvents();
    browserCarrier(loopback.sender).open(events, defaultCarrierLimits).offer(message("late"));
    await until("it is told", () => events.errors.length > 0);
    const decoded = await framesDecoded(loopback.receiving);
    await until("the video goes on", async () => (await framesDecoded(loopback.receiving)) > decoded + 10);
    expect(events.errors).toMatchObject([{ code: "transform-too-late" }]);
    expect(sink.texts).toEqual([]);
  });

  it("refuses what is not the sender of video", () => {
    expect(() => browserCarrier({} as RTCRtpSender)).toThrow(TypeError);
  });
});

async function layersSending(sender: RTCRtpSender): Promise<number> {
  let layers = 0;
  for (const stats of (await sender.getStats()).values()) {
    if (stats.type === "outbound-rtp" && stats.framesSent > 0) layers++;
  }
  return layers;
}
