import { type AccessUnit, parseSei, parseUserDataUnregistered } from "@inband/h264";
import { SeiPublisher } from "@inband/publisher";
import { accessUnit } from "@inband/rig/access-unit";
import { message } from "@inband/rig/message";
import { RecordedEvents } from "@inband/rig/recorded-events";
import { told } from "@inband/rig/turn";
import { AccessUnitCarrier, type AccessUnitCarrierOptions } from "@inband/stream";
import { describe, expect, it, onTestFinished } from "vitest";

interface Sent {
  readonly accessUnit: AccessUnit;
  readonly rtpTimestamp: number;
  readonly texts: readonly string[];
}

/** A carrier that remembers what it sends, and the events of one that opened it. */
function own(options: Partial<AccessUnitCarrierOptions> = {}) {
  const sent: Sent[] = [];
  const { send, ...more } = options;
  const carrier = new AccessUnitCarrier({
    name: "own",
    send(accessUnit, rtpTimestamp, number) {
      const result = send?.(accessUnit, rtpTimestamp, number);
      if (result !== "dropped") sent.push({ accessUnit, rtpTimestamp, texts: textsOf(accessUnit) });
      return result;
    },
    ...more,
  });
  onTestFinished(() => carrier.close());
  const events = new RecordedEvents();
  const open = carrier.open(events);
  return { carrier, sent, events, open };
}

function textsOf({ nalUnits }: AccessUnit): string[] {
  const seis = nalUnits.filter((nal) => ((nal[0] as number) & 31) === 6).flatMap(parseSei);
  return seis.map(({ payload }) => new TextDecoder().decode(parseUserDataUnregistered(payload).payload));
}

describe("AccessUnitCarrier", () => {
  it("sends each access unit with what is due in front of its picture, and its RTP timestamp", async () => {
    const { carrier, sent, events, open } = own();
    open.offer(message("hello", { copies: 2 }));
    for (let index = 0; index < 3; index += 1) carrier.write(accessUnit(index));
    expect(sent.map(({ texts }) => texts)).toEqual([["hello"], ["hello"], []]);
    expect(sent[0]?.accessUnit.nalUnits.map((nal) => (nal[0] as number) & 31)).toEqual([7, 8, 6, 5]);
    expect(sent.map(({ rtpTimestamp }) => rtpTimestamp)).toEqual(
      [0, 1, 2].map((index) => carrier.rtpTimestamp(accessUnit(index).timestamp)),
    );
    await told();
    const rtpTimestamps = sent.slice(0, 2).map(({ rtpTimestamp }) => rtpTimestamp);
    expect(events.reports).toMatchObject([{ outcome: "sent", streams: [{ stream: "own", copies: 2, rtpTimestamps }] }]);
    expect(carrier.stats()).toEqual({ accessUnits: 3, failures: 0 });
  });

  it("goes on where `flows` throws, reports it, and takes nothing but functions", () => {
    const { carrier, sent, events } = own({
      flows() {
        throw new Error("who knows");
      },
    });
    carrier.write(accessUnit(0));
    expect(sent).toHaveLength(1);
    expect(events.errors.map(({ message }) => message)).toEqual(["who knows"]);
    expect(() => own({ flows: true as never })).toThrow(/^flows: expected a function, got true$/);
    expect(() => own({ listens: "yes" as never })).toThrow(/^listens: expected a function, got "yes"$/);
  });

  it("passes on what is a bitrate", async () => {
    const { carrier, events } = own();
    const bitrates: number[] = [];
    carrier.connectEncoder(
      { requestKeyFrame() {}, setBitrate: (bitrate) => bitrates.push(bitrate) },
      { maxBitrate: 1e6 },
    );
    for (const bitrate of [Number.NaN, -5, 0, Number.POSITIVE_INFINITY, 500_000]) carrier.reportBitrate(bitrate);
    await told();
    expect(bitrates).toEqual([500_000]);
    expect(events.errors).toHaveLength(4);
  });

  it("sends the access unit as it was where `send` throws with messages, reports it, and spends no copy on it", async () => {
    let faults = 1;
    const { carrier, sent, events, open } = own({
      send({ nalUnits }) {
        if (nalUnits.length > 3 && faults-- > 0) throw new Error("too many NAL units");
      },
    });
    open.offer(message("hello"));
    const first = accessUnit(0);
    carrier.write(first);
    expect(sent[0]?.accessUnit).toBe(first);
    expect(events.errors.map(({ message }) => message)).toEqual(["too many NAL units"]);
    carrier.write(accessUnit(1, { isKeyFrame: true }));
    expect(sent.map(({ texts }) => texts)).toEqual([[], ["hello"]]);
    expect(carrier.stats()).toEqual({ accessUnits: 2, failures: 1 });
  });

  it("never throws where nothing can be sent, and reports it once for each access unit", () => {
    const { carrier, events, open } = own({
      send() {
        throw "broken pipe";
      },
    });
    open.offer(message("hello"));
    for (let index = 0; index < 2; index += 1) carrier.write(accessUnit(index));
    expect(events.errors.map(({ message }) => message)).toEqual(["broken pipe", "broken pipe"]);
    expect(carrier.stats()).toEqual({ accessUnits: 0, failures: 2 });
  });

  it("keeps messages for the next access unit where one was dropped, and that is no error", async () => {
    let isFull = true;
    const { carrier, sent, events, open } = own({ send: () => (isFull ? "dropped" : undefined) });
    open.offer(message("hello"));
    carrier.write(accessUnit(0));
    isFull = false;
    carrier.write(accessUnit(1));
    expect(sent.map(({ texts }) => texts)).toEqual([["hello"]]);
    await told();
    expect(events.reports).toHaveLength(1);
    expect(events.errors).toEqual([]);
    expect(carrier.stats()).toEqual({ accessUnits: 1, failures: 0 });
  });

  it("reports a promise that rejects, and waits for none", async () => {
    const { carrier, sent, events } = own({ send: () => Promise.reject(new Error("reset")) });
    carrier.write(accessUnit(0));
    carrier.write(accessUnit(1));
    expect(sent).toHaveLength(2);
    await told();
    expect(events.errors.map(({ message }) => message)).toEqual(["reset", "reset"]);
  });

  it("ignores access units while they go nowhere, and sends them bare while nobody reads the messages", () => {
    let flows = false;
    let listens = false;
    const { carrier, sent, open } = own({ flows: () => flows, listens: () => listens });
    open.offer(message("hello"));
    carrier.write(accessUnit(0));
    flows = true;
    carrier.write(accessUnit(1));
    listens = true;
    carrier.write(accessUnit(2));
    expect(sent.map(({ texts }) => texts)).toEqual([[], ["hello"]]);
  });

  it("puts nothing into an access unit without a picture, and refuses what is not an access unit", () => {
    const { carrier, sent, events, open } = own();
    open.offer(message("hello"));
    const [sps = new Uint8Array(), pps = new Uint8Array()] = accessUnit(0).nalUnits;
    carrier.write({ ...accessUnit(0), nalUnits: [sps, pps] });
    carrier.write({ ...accessUnit(1), timestamp: Number.NaN });
    carrier.write(undefined as never);
    expect(sent.map(({ texts }) => texts)).toEqual([[]]);
    expect(events.errors.map(({ message }) => message.split(":")[0])).toEqual(["accessUnit.timestamp", "accessUnit"]);
  });

  it("asks encoders and publishers for one key frame where many are requested, until one has left", async () => {
    const { carrier, events } = own({ keyFrameIntervalMs: 20 });
    let requests = 0;
    carrier.connectEncoder({ requestKeyFrame: () => requests++ });
    for (let count = 0; count < 20; count += 1) carrier.requestKeyFrame();
    await told();
    expect([requests, events.keyFrameRequests]).toEqual([1, 1]);
    carrier.write(accessUnit(0));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([requests, events.keyFrameRequests]).toEqual([1, 1]);
    carrier.requestKeyFrame();
    carrier.close();
    carrier.requestKeyFrame();
    await told();
    expect(requests).toBe(1);
    expect(events.keyFrameRequests).toBe(2);
  });

  it("tells encoders and publishers what the link carries", async () => {
    const { carrier } = own();
    using publisher = new SeiPublisher();
    publisher.attach(carrier);
    const heard: number[] = [];
    publisher.on("bitrate", ({ bitsPerSecond }) => heard.push(bitsPerSecond));
    carrier.connectEncoder({ requestKeyFrame() {}, setBitrate: (bitrate) => heard.push(bitrate) }, { maxBitrate: 5 });
    carrier.reportBitrate(9);
    await told();
    expect(heard.sort()).toEqual([5, 9]);
  });

  it("gives messages back as dropped when it is closed, and sends nothing more", () => {
    const { carrier, sent, events, open } = own();
    open.offer(message("waiting"));
    carrier.close();
    carrier.close();
    carrier.write(accessUnit(0));
    open.offer(message("late"));
    expect(sent).toEqual([]);
    expect(events.reports).toMatchObject([
      { messageId: "waiting", outcome: "dropped" },
      { messageId: "late", outcome: "dropped" },
    ]);
  });

  it("names the option that is wrong", () => {
    const make = (options: object) => () => new AccessUnitCarrier(options as never);
    expect(make({ send() {} })).toThrow(/^name: expected a string, got undefined$/);
    expect(make({ name: "own" })).toThrow(/^send: expected a function, got undefined$/);
    expect(make({ name: "own", send() {}, limit: 5 })).toThrow(/^limit: no such option, expected name, send, /);
    expect(make({ name: "own", send() {}, limits: {} })).toThrow(/^limits.bytesPerAccessUnit: expected/);
    expect(make({ name: "own", send() {}, keyFrameIntervalMs: -1 })).toThrow(
      /^keyFrameIntervalMs: expected 0 or more, got -1$/,
    );
  });
});
