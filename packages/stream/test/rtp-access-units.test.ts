import { ManualFeed } from "@inband/rig/manual-feed";
import { Sender } from "@inband/rig/sender";
import { pushBytes, SeiSubscriber } from "@inband/subscriber";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";

/** A slice whose first_mb_in_slice is 0, and one that goes on further down. */
const first = Uint8Array.of(0x41, 0x88, 1, 2);
const further = Uint8Array.of(0x41, 0x20, 1, 2);
const stapA = (...nals: Uint8Array[]) => Uint8Array.from([24, ...nals.flatMap((nal) => [0, nal.length, ...nal])]);
const fuA = (header: number, bits: number, byte: number) =>
  Uint8Array.of(28 | (header & 0xe0), bits | (header & 31), byte, 9);

let subscriber: SeiSubscriber;
let sequenceNumber: number;
beforeEach(() => {
  subscriber = new SeiSubscriber();
  sequenceNumber = 65_000;
});

const push = (rtpTimestamp: number, bytes = first, at = sequenceNumber++) =>
  pushBytes(subscriber, bytes, {
    format: "rtp",
    rtpTimestamp: rtpTimestamp >>> 0,
    sequenceNumber: at & 0xffff,
  });
const counted = () => subscriber.stats().accessUnits;
const hourTicks = 3600 * 90_000;

it("a picture in which numbers that went back catch up with the newest is counted once", () => {
  push(3000, first, 65_500);
  for (const at of [65_499, 65_500, 65_501, 65_502]) push(6000, at === 65_499 ? first : further, at);
  expect(counted()).toBe(2);
});

describe("an access unit over RTP is counted", () => {
  it.each([
    ["a pause of 6 h", 6 * hourTicks],
    ["a pause of 7 h", 7 * hourTicks],
    ["a pause of 13 h", 13 * hourTicks],
    ["timestamps that begin anew 1 h lower", -hourTicks],
    ["timestamps that begin anew 1 s lower", -90_000],
    ["timestamps that begin anew one frame lower", -3000],
  ])("after %s", (_, jump) => {
    for (let index = 0; index < 100; index += 1) push(400_000_000 + 3000 * index);
    for (let index = 100; index < 200; index += 1) push(400_000_000 + 3000 * index + jump);
    expect(counted()).toBe(200);
  });

  it("after one whose timestamp is far ahead, and that one too", () => {
    for (let index = 0; index < 100; index += 1) push(3000 * index + (index === 50 ? 0x7000_0000 : 0));
    expect(counted()).toBe(100);
  });

  it("when it is a B-frame, with a timestamp before the last one's", () => {
    for (let group = 0; group < 25; group += 1) {
      for (const place of [3, 1, 0, 2]) push((4 * group + place) * 3000);
    }
    expect(counted()).toBe(100);
  });

  it("when it is the second field of a frame, with the timestamp of the first, of one slice or of several", () => {
    for (let frame = 0; frame < 50; frame += 1) {
      for (const slice of [first, first]) push(frame * 3000, slice);
      for (const slice of [first, further, further, first, further]) push(frame * 3000 + 1, slice);
    }
    expect(counted()).toBe(200);
  });

  it("when it comes in aggregation packets and in fragments", () => {
    const delimiter = Uint8Array.of(9, 0x10);
    for (let frame = 0; frame < 10; frame += 1) {
      push(frame * 9000, stapA(delimiter, first));
      push(frame * 9000, stapA(further, further));
      push(frame * 9000, stapA(first));
      for (const [bits, byte] of [
        [0x80, 0x88],
        [0, 0x88],
        [0x40, 0x88],
      ] as const)
        push(frame * 9000 + 3000, fuA(0x65, bits, byte));
      push(frame * 9000 + 3000, fuA(0x65, 0x80, 0x20));
    }
    expect(counted()).toBe(30);
  });

  it("once, however many of its packets come again, late or before others", () => {
    for (let frame = 0; frame < 100; frame += 1) {
      const at = sequenceNumber;
      sequenceNumber += 3;
      const packets = [at, at + 1, at + 2].map(
        (number) => () => push(frame * 3000, number === at ? first : further, number),
      );
      const order = frame % 3 === 0 ? [2, 0, 1] : frame % 3 === 1 ? [0, 0, 1, 2, 2, 0] : [1, 2, 0];
      for (const index of order) packets[index]?.();
      // A retransmission of a second ago.
      if (frame >= 30) push((frame - 30) * 3000, first, at - 90);
    }
    expect(counted()).toBe(100);
  });

  it("when all of it comes after the next one", () => {
    for (let pair = 0; pair < 20; pair += 1) {
      const at = sequenceNumber;
      sequenceNumber += 2;
      push((2 * pair + 1) * 3000, first, at + 1);
      push(2 * pair * 3000, first, at);
    }
    expect(counted()).toBe(40);
  });
});

it("SEI that is stripped after a jump of timestamps is told of as without one", () => {
  vi.useFakeTimers({ now: 1_000_000 });
  onTestFinished(() => void vi.useRealTimers());
  const toldAfter = (jump: number) => {
    using stripping = new SeiSubscriber();
    let told: number | undefined;
    stripping.on("stripped", () => {
      told ??= Date.now();
    });
    // The heartbeats come by the same feed as the packets do.
    const feed = new ManualFeed();
    stripping.attach(feed);
    const sender = new Sender();
    for (let second = 0; second < 4; second += 1) {
      feed.bring(sender.heartbeat());
      feed.sink?.accessUnits(30);
      vi.advanceTimersByTime(1000);
    }
    subscriber = new SeiSubscriber();
    const since = Date.now();
    for (let frame = 0; frame < 600; frame += 1) {
      const before = counted();
      push(frame * 3000 + (frame >= 10 ? jump : 0));
      feed.sink?.accessUnits(counted() - before);
      vi.advanceTimersByTime(33);
    }
    return (told ?? Number.NaN) - since;
  };
  const without = toldAfter(0);
  expect(without).toBeLessThan(11_000);
  for (const jump of [7 * hourTicks, -hourTicks]) expect(toldAfter(jump)).toBe(without);
});
