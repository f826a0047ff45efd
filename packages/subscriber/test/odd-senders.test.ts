import { type AccessUnit, buildUserDataSei, joinAnnexB, joinAvcc, type MediaPacket } from "@inband/h264";
import { accessUnitFeed, type PushOptions, pushBytes, SeiSubscriber } from "@inband/subscriber";
import { raw } from "@inband/wire";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const uuid = Uint8Array.from({ length: 16 }, (_, index) => index + 1);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const sei = buildUserDataSei({ uuid, payload: encode("real") });
const sps = Uint8Array.of(0x67, 0x42, 0xc0, 0x1e);
const pps = Uint8Array.of(0x68, 0xce, 0x38, 0x80);
const idr = Uint8Array.of(0x65, 0x88, 0x84, 0x12, 0x34);
/** A slice that reads as a message where it is taken for SEI. */
const forging = Uint8Array.from([0x41, 5, 20, ...uuid, ...encode("fake"), 0x80]);

let subscriber: SeiSubscriber<Uint8Array>;
let errors: Error[];
let sequenceNumber: number;

beforeEach(() => {
  // The timers stay real: files are read meanwhile.
  vi.useFakeTimers({ toFake: ["performance"] });
  subscriber = new SeiSubscriber<Uint8Array>({ profiles: [raw(uuid)] });
  errors = [];
  sequenceNumber = 65_530;
  subscriber.on("error", (error) => errors.push(error));
});
afterEach(() => {
  subscriber.close();
  vi.useRealTimers();
});

/** NAL units in a row with a start code between them, framed as one. */
const glued = (...nals: Uint8Array[]): Uint8Array =>
  Uint8Array.from(nals.flatMap((nal, index) => (index === 0 ? [...nal] : [0, 0, 0, 1, ...nal])));

function push(bytes: Uint8Array, options: PushOptions): string[] {
  return pushBytes(subscriber, bytes, options).map(({ value }) => new TextDecoder().decode(value));
}

/** The RTP timestamp of a sender that keeps time. */
const rtpNow = (): number => Math.round(90 * performance.now()) >>> 0;

function pushRtp(payload: Uint8Array, at = sequenceNumber++): string[] {
  return push(payload, { format: "rtp", rtpTimestamp: rtpNow(), sequenceNumber: at & 0xffff });
}

/** FU-A payloads (RFC 6184 5.8) of so many bytes of the NAL unit each. */
function fragments(nal: Uint8Array, size: number): Uint8Array[] {
  const [header = 0] = nal;
  const parts: Uint8Array[] = [];
  for (let at = 1; at < nal.length; at += size) {
    const edge = (at === 1 ? 0x80 : 0) | (at + size >= nal.length ? 0x40 : 0);
    parts.push(Uint8Array.from([(header & 0x60) | 28, edge | (header & 31), ...nal.subarray(at, at + size)]));
  }
  return parts;
}

async function readAccessUnit(...nalUnits: Uint8Array[]): Promise<string[]> {
  const accessUnit: AccessUnit = { kind: "video", codec: "h264", nalUnits, timestamp: 0, isKeyFrame: true };
  async function* packets(): AsyncGenerator<MediaPacket> {
    yield accessUnit;
  }
  const before = subscriber.stats().accessUnits;
  const found: string[] = [];
  subscriber.on("message", ({ value }) => found.push(new TextDecoder().decode(value)));
  subscriber.attach(accessUnitFeed(packets()));
  await expect.poll(() => subscriber.stats().accessUnits).toBe(before + 1);
  return found;
}

describe("a byte stream that a packet or a length frames as one NAL unit", () => {
  it("forges no message out of the slice behind the SEI, over RTP, in AVCC and in access units", async () => {
    expect(pushRtp(glued(sei, forging))).toEqual(["real"]);
    vi.advanceTimersByTime(5000);
    expect(push(joinAvcc([glued(sei, forging)]), { format: "avcc" })).toEqual(["real"]);
    vi.advanceTimersByTime(5000);
    expect(await readAccessUnit(glued(sei, forging))).toEqual(["real"]);
    expect(subscriber.stats()).toMatchObject({ userData: 3, messages: 3, broken: 0 });
    expect(errors).toEqual([]);
  });

  it("does so in a STAP-A and in fragments too", () => {
    const both = glued(sei, forging);
    expect(pushRtp(Uint8Array.from([24, 0, both.length, ...both]))).toEqual(["real"]);
    vi.advanceTimersByTime(5000);
    expect(fragments(both, 30).flatMap((payload) => pushRtp(payload))).toEqual(["real"]);
    expect(subscriber.stats().userData).toBe(2);
  });

  it("brings the messages behind parameter sets, or a start code, in every framing", async () => {
    const keyFrame = glued(sps, pps, sei, idr, forging);
    expect(pushRtp(keyFrame)).toEqual(["real"]);
    vi.advanceTimersByTime(5000);
    expect(pushRtp(Uint8Array.from([0, 0, 0, 1, ...sei]))).toEqual(["real"]);
    vi.advanceTimersByTime(5000);
    expect(push(joinAvcc([keyFrame]), { format: "avcc" })).toEqual(["real"]);
    vi.advanceTimersByTime(5000);
    expect(await readAccessUnit(keyFrame)).toEqual(["real"]);
    expect(subscriber.stats().userData).toBe(4);
  });

  it("brings those of a key frame in many fragments when its first slice has begun, in whatever order they come", () => {
    const slice = Uint8Array.from([0x65, 0x88, ...new Array<number>(300_000).fill(0x55)]);
    const packets = fragments(glued(sps, pps, sei, slice), 20).slice(0, 300);
    const order = [2, 0, 3, 1, 4, 5, ...Array.from({ length: 294 }, (_, index) => 6 + index)];
    const found = order.map((index) => pushRtp(packets[index] as Uint8Array, sequenceNumber + index));
    expect(found.flat()).toEqual(["real"]);
    expect(found.findIndex((texts) => texts.length > 0)).toBeLessThan(5);
    expect(subscriber.stats()).toMatchObject({ userData: 1, broken: 0 });
  });

  it("leaves a start code alone that lies inside a message, in fragments too", () => {
    const payload = Uint8Array.from([1, 0, 0, 0, 1, 0x65, 0, 0, 1, 0x41, 2]);
    const signing = Uint8Array.from([6, 5, 16 + payload.length, ...uuid, ...payload, 0x80]);
    const found = [signing, ...fragments(signing, 8)].flatMap((each) => {
      const values = pushBytes(subscriber, each, {
        format: "rtp",
        rtpTimestamp: rtpNow(),
        sequenceNumber: sequenceNumber++ & 0xffff,
      });
      if (values.length > 0) vi.advanceTimersByTime(5000);
      return values.map(({ value }) => value);
    });
    expect(found).toEqual([payload, payload]);
  });
});

describe("a FU-A with both start and end bit", () => {
  it("brings its messages like a whole NAL unit", () => {
    expect(fragments(sei, 1000).flatMap((payload) => pushRtp(payload))).toEqual(["real"]);
  });
});

describe("an AVCC sample with a broken tail", () => {
  const sample = joinAvcc([sei, idr]);
  const tails = [
    [0x16, 0xe5, 0xa9, 0x33, 9, 9],
    ...[1, 2, 3, 5, 6, 7].map((count) => new Array<number>(count).fill(0)),
  ];

  it.each([
    ...tails.map((tail) => [`${tail.join(" ")} behind it`, Uint8Array.from([...sample, ...tail])] as const),
    ["its slice cut short", sample.subarray(0, -2)] as const,
  ])("brings what is whole, and then an error: %s", (_, bytes) => {
    expect(push(bytes, { format: "avcc" })).toEqual(["real"]);
    expect(errors).toMatchObject([{ name: "H264Error", code: "truncated" }]);
  });

  it("brings it without an error where whole lengths of 0 stand behind it", () => {
    expect(push(Uint8Array.from([...sample, 0, 0, 0, 0]), { format: "avcc" })).toEqual(["real"]);
    expect(errors).toEqual([]);
  });
});

describe("broken SEI", () => {
  const short = Uint8Array.of(6, 5, 4, 1, 2, 3, 4, 0x80);
  const cut = sei.subarray(0, 12);

  it("is counted and told in every framing", async () => {
    push(joinAnnexB([sps, short, idr]), { format: "annexb", stream: "a" });
    push(joinAnnexB([sps, cut, idr, idr]), { format: "annexb", unit: "stream" });
    push(joinAvcc([cut, short, idr]), { format: "avcc" });
    pushRtp(short);
    for (const payload of fragments(cut, 6)) pushRtp(payload);
    await readAccessUnit(cut, idr);
    expect(subscriber.stats()).toMatchObject({ userData: 0, messages: 0, broken: 7 });
    expect(errors[0]).toMatchObject({
      name: "BrokenSeiError",
      code: "broken-sei",
      feed: "push",
      stream: "a",
      count: 1,
    });
    expect(errors).toHaveLength(7);
    expect(errors.at(-1)).toMatchObject({ feed: "access-units" });
  });

  it("is told at most ten times a second, and counted each time", () => {
    for (let index = 0; index < 100; index += 1) pushRtp(short);
    expect(errors).toHaveLength(10);
    expect(subscriber.stats()).toMatchObject({ broken: 100, errors: 100 });
  });
});
