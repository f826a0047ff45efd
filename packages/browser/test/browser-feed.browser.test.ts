import { browserFeed } from "@inband/browser";
import { untilFlowsWhileBlocked } from "@inband/rig/page/blocked-page";
import { connectLoopback, framesDecoded, type Loopback, type LoopbackOptions } from "@inband/rig/page/loopback";
import { until } from "@inband/rig/page/until";
import { startWorker } from "@inband/rig/page/worker";
import { RecordingSink } from "@inband/rig/recording-sink";
import { afterEach, describe, expect, it } from "vitest";
import { readerScript } from "../src/generated/reader-script.ts";
import { SeiWriter, uuid } from "./sei-writer.ts";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const thing of open.splice(0)) thing.close();
});

async function connect(options: LoopbackOptions): Promise<{ loopback: Loopback; writer: SeiWriter }> {
  const writer = new SeiWriter();
  open.push(writer);
  const loopback = await connectLoopback({ onSender: (sender) => writer.connect(sender), ...options });
  open.push(loopback);
  return { loopback, writer };
}

/**
 * What was heard, each text the first time only: Chromium probes the link with packets that it has sent before, so a
 * frame of one packet can come twice; and texts are written on several frames, because a frame can be lost.
 */
function firsts({ heard }: RecordingSink): RecordingSink["heard"] {
  return heard.filter(({ text }, n) => heard.findIndex((other) => other.text === text) === n);
}

function texts(sink: RecordingSink): string[] {
  return firsts(sink).map(({ text }) => text);
}

const numbers = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix} ${n}`);

describe("browserFeed", () => {
  it("delivers each message once, in order, with its frame", async () => {
    const sink = new RecordingSink(uuid);
    const { writer } = await connect({ onReceiver: (receiver) => browserFeed(receiver).open(sink) });
    await until("frames flow", () => sink.accessUnitCount > 0);
    const sent = numbers("message", 40);
    for (const text of sent) for (let copy = 0; copy < 3; copy += 1) writer.write(text);
    await until("all are there", () => texts(sink).length >= sent.length);

    expect(texts(sink)).toEqual(sent);
    expect(new Set(firsts(sink).map(({ rtpTimestamp }) => rtpTimestamp)).size).toBe(sent.length);
    expect(new Set(sink.heard.map(({ stream }) => stream)).size).toBe(1);
    expect(sink.heard[0]?.stream).toMatch(/^\d+$/);
    expect(sink.errors).toEqual([]);
  });

  it("keeps the frames flowing while the page is blocked", async () => {
    const sink = new RecordingSink(uuid);
    const { writer } = await connect({ onReceiver: (receiver) => browserFeed(receiver).open(sink) });
    await until("frames flow", () => sink.accessUnitCount > 0);
    const sent: string[] = [];
    await untilFlowsWhileBlocked(
      () => sink.accessUnitCount,
      () => {
        for (let n = 0; n < 12; n++) {
          sent.push(`message ${sent.length}`);
          writer.write(`message ${sent.length - 1}`);
        }
      },
    );
    await until("all are there", () => texts(sink).length >= sent.length);
    expect(texts(sink)).toEqual(sent);
  });

  it("tells when the transform was set too late, and leaves the video running", async () => {
    const sink = new RecordingSink(uuid);
    const { loopback } = await connect({
      onReceiver: (receiver) => setTimeout(() => browserFeed(receiver).open(sink), 1),
    });
    await until("the watchdog tells", () => sink.errors.length > 0);
    const decoded = await framesDecoded(loopback.receiving);
    await until("the video goes on", async () => (await framesDecoded(loopback.receiving)) > decoded + 5);

    expect(sink.errors).toMatchObject([{ name: "BrowserFeedError", code: "transform-too-late" }]);
    expect(sink.accessUnitCount).toBe(0);
  });

  it("leaves the video running when it is disposed of, and delivers again when it is attached again", async () => {
    const sink = new RecordingSink(uuid);
    let receiver: RTCRtpReceiver | undefined;
    const { loopback, writer } = await connect({
      onReceiver: (its) => {
        receiver = its;
        browserFeed(its);
      },
    });
    const attachment = browserFeedOf(receiver).open(sink);
    await until("frames flow", () => sink.accessUnitCount > 0);
    attachment[Symbol.dispose]();
    attachment[Symbol.dispose]();
    const seen = sink.accessUnitCount;
    const decoded = await framesDecoded(loopback.receiving);
    writer.write("to nobody");
    await until("the video goes on", async () => (await framesDecoded(loopback.receiving)) > decoded + 30);
    expect(sink.accessUnitCount).toBe(seen);
    expect(sink.texts).toEqual([]);

    browserFeedOf(receiver).open(sink);
    await until("frames flow again", () => sink.accessUnitCount > seen);
    writer.write("to somebody");
    await until("the message is there", () => sink.heard.length > 0);
    expect(sink.texts).toEqual(["to somebody"]);
    expect(sink.errors).toEqual([]);
  });

  it("runs in a worker of the application, which has nothing to say of a feed once it is disposed of", async () => {
    const worker = new Worker(new URL("../src/worker/index.ts", import.meta.url), { type: "module" });
    open.push({ close: () => worker.terminate() });
    let said = 0;
    // That it lives it says when it is asked.
    worker.addEventListener("message", ({ data }) => {
      if (data.kind !== "ready") said++;
    });
    const sink = new RecordingSink(uuid);
    let attachment: Disposable | undefined;
    const { loopback, writer } = await connect({
      onReceiver: (receiver) => {
        attachment = browserFeed(receiver, { worker }).open(sink);
      },
    });
    await until("frames flow", () => sink.accessUnitCount > 0);
    writer.write("hello");
    await until("the message is there", () => sink.heard.length > 0);
    attachment?.[Symbol.dispose]();
    const decoded = await framesDecoded(loopback.receiving);
    await until("the video goes on", async () => (await framesDecoded(loopback.receiving)) > decoded + 5);
    const saidBefore = said;
    for (const text of numbers("message", 10)) writer.write(text);
    await until("the video goes on", async () => (await framesDecoded(loopback.receiving)) > decoded + 40);
    expect(said).toBe(saidBefore);
    expect(texts(sink)).toEqual(["hello"]);
  });

  it("serves several subscribers of one receiver", async () => {
    const sinks = [new RecordingSink(uuid), new RecordingSink(uuid)];
    const { writer } = await connect({
      onReceiver: (receiver) => {
        for (const sink of sinks) browserFeed(receiver).open(sink);
      },
    });
    await until("frames flow", () => sinks.every((sink) => sink.accessUnitCount > 0));
    writer.write("hello");
    await until("both have it", () => sinks.every((sink) => sink.heard.length > 0));
    expect(sinks.map(texts)).toEqual([["hello"], ["hello"]]);
  });

  it("passes frames with broken SEI unharmed", async () => {
    const sink = new RecordingSink(uuid);
    const { loopback, writer } = await connect({ onReceiver: (receiver) => browserFeed(receiver).open(sink) });
    await until("frames flow", () => sink.accessUnitCount > 0);
    for (const bytes of [[6], [6, 5], [6, 5, 255], [6, 5, 255, 255, 255, 16, 1], [6, 5, 3, 1, 2, 3, 0x80]]) {
      writer.writeNal(Uint8Array.from(bytes));
    }
    writer.write("after the broken ones");
    await until("the message is there", () => sink.heard.length > 0);
    const decoded = await framesDecoded(loopback.receiving);
    await until("the video goes on", async () => (await framesDecoded(loopback.receiving)) > decoded + 10);
    expect(sink.texts).toEqual(["after the broken ones"]);
    expect(sink.errors).toEqual([]);
  });

  it("goes on with a worker of its own when the given one cannot be started", async () => {
    const sink = new RecordingSink(uuid);
    const { loopback, writer } = await connect({
      onReceiver: (receiver) => browserFeed(receiver, { worker: brokenWorker() }).open(sink),
    });
    await until("the failure is told", () => sink.errors.length > 0);
    await until("the video plays", async () => (await framesDecoded(loopback.receiving)) > 10);
    writer.write("all the same");
    await until("the message is there", () => sink.heard.length > 0);
    expect(sink.texts[0]).toBe("all the same");
    expect(sink.errors).toMatchObject([{ code: "worker-failed" }]);
  });

  it("goes on with a worker of its own when the given one was dead before", async () => {
    const sink = new RecordingSink(uuid);
    const worker = brokenWorker();
    await new Promise((resolve) => worker.addEventListener("error", resolve));
    const { loopback } = await connect({
      onReceiver: (receiver) => browserFeed(receiver, { worker }).open(sink),
    });
    await until("the failure is told", () => sink.errors.length > 0);
    await until("the video plays", async () => (await framesDecoded(loopback.receiving)) > 10);
    expect(sink.errors).toMatchObject([{ code: "worker-failed" }]);
  });

  it("says so and goes on with a worker of its own when the given one is terminated", async () => {
    const sink = new RecordingSink(uuid);
    const worker = startWorker(readerScript);
    const { loopback, writer } = await connect({
      onReceiver: (receiver) => browserFeed(receiver, { worker }).open(sink),
    });
    await until("frames flow", () => sink.accessUnitCount > 10);
    worker.terminate();
    await until("the failure is told", () => sink.errors.length > 0);
    const decoded = await framesDecoded(loopback.receiving);
    await until("the video goes on", async () => (await framesDecoded(loopback.receiving)) > decoded + 10);
    writer.write("all the same");
    await until("the message is there", () => sink.heard.length > 0);
    expect(sink.errors).toMatchObject([{ code: "worker-failed" }]);
  });

  it("tells that the sender has gone, by its connection", async () => {
    const sink = new RecordingSink(uuid);
    const { loopback } = await connect({ onReceiver: (receiver) => browserFeed(receiver).open(sink) });
    await until("frames flow", () => sink.accessUnitCount > 10);
    loopback.sending.close();
    await until("it is told", () => sink.life.includes("ended: connection-closed"));
  });

  it("goes on with a worker of its own when the given one cleans up late", async () => {
    const sink = new RecordingSink(uuid);
    // It takes its first transform, and is busy when another worker gets the next one.
    const busy = startWorker(
      "setTimeout(() => { for (const end = performance.now() + 3000; performance.now() < end; ); }, 4000)",
    );
    open.push({ close: () => busy.terminate() });
    const { loopback } = await connect({
      onReceiver: (receiver) => browserFeed(receiver, { worker: busy }).open(sink),
    });
    await until("the failure is told", () => sink.errors.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const decoded = await framesDecoded(loopback.receiving);
    await until("the video goes on", async () => (await framesDecoded(loopback.receiving)) > decoded + 30);
    expect(sink.accessUnitCount).toBeGreaterThan(30);
    expect(sink.errors).toMatchObject([{ code: "worker-failed" }]);
  });

  it("tells that another codec carries no messages, and passes it", async () => {
    const sink = new RecordingSink(uuid);
    const { loopback } = await connect({
      mimeType: "video/VP8",
      onSender: () => undefined,
      onReceiver: (receiver) => browserFeed(receiver).open(sink),
    });
    await until("the codec is told", () => sink.errors.length > 0);
    await until("the video plays", async () => (await framesDecoded(loopback.receiving)) > 10);
    expect(sink.errors).toMatchObject([{ code: "no-h264", message: expect.stringContaining("VP8") }]);
  });

  it("leaves a transform of the application alone and says so", async () => {
    const sink = new RecordingSink(uuid);
    const other = startWorker(
      "onrtctransform = ({ transformer: { readable, writable } }) => void readable.pipeTo(writable).catch(() => {});",
    );
    open.push({ close: () => other.terminate() });
    const { loopback } = await connect({
      onReceiver: (receiver) => {
        receiver.transform = new RTCRtpScriptTransform(other, {});
        browserFeed(receiver).open(sink);
      },
    });
    await until("the failure is told", () => sink.errors.length > 0);
    await until("the video plays", async () => (await framesDecoded(loopback.receiving)) > 10);
    expect(sink.errors).toMatchObject([{ code: "transform-taken" }]);
  });

  it("refuses what is not the receiver of a video track", () => {
    expect(() => browserFeed({} as RTCRtpReceiver)).toThrow(TypeError);
    const connection = new RTCPeerConnection();
    open.push(connection);
    expect(() => browserFeed(connection.addTransceiver("audio").receiver)).toThrow(/receiver/);
  });
});

function brokenWorker(): Worker {
  const worker = startWorker("throw new Error('no such worker')");
  worker.addEventListener("error", (event) => event.preventDefault());
  open.push({ close: () => worker.terminate() });
  return worker;
}

function browserFeedOf(receiver: RTCRtpReceiver | undefined) {
  if (!receiver) throw new Error("there is no receiver yet");
  return browserFeed(receiver);
}
