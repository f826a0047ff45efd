import { hostileBytes } from "@inband/rig/hostile-bytes";
import { Random } from "@inband/rig/random";
import { describe, expect, it } from "vitest";
import { isBoundedPacket } from "../src/sctp-packet.ts";

const packet = (...chunks: readonly (readonly number[])[]): Buffer =>
  Buffer.from([...new Array(12).fill(0), ...chunks.flat()]);
const data = [0, 3, 0, 19, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 51, 97, 98, 99, 0];
const init = [1, 0, 0, 24, ...new Array(16).fill(0), 0x80, 8, 0, 4];
const heartbeat = [4, 0, 0, 12, 0, 1, 0, 8, 1, 2, 3, 4];
const acknowledgement = (...gaps: readonly (readonly [number, number])[]): number[] => [
  ...[3, 0, 0, 16 + 4 * gaps.length, 0, 0, 0, 9, 0, 0, 0, 0, 0, gaps.length, 0, 0],
  ...gaps.flatMap(([first, last]) => [first >> 8, first & 255, last >> 8, last & 255]),
];

describe("a packet of SCTP", () => {
  it.each([
    ["without a chunk", packet()],
    ["of data", packet(data)],
    ["of an INIT with a parameter", packet(init)],
    ["of several chunks", packet(heartbeat, acknowledgement([2, 3], [5, 9]), data)],
    ["that acknowledges as much as may wait", packet(acknowledgement([1, 50], [52, 101]))],
  ])("is read: %s", (_, bytes) => {
    expect(isBoundedPacket(bytes, 100)).toBe(true);
  });

  it.each([
    ["that is none", Buffer.alloc(11)],
    ["with a chunk of no length", packet(data, [0, 0, 0, 0])],
    ["with a chunk shorter than its header", packet([4, 0, 0, 3, 0, 0, 0, 0])],
    ["with a chunk longer than the rest", packet([4, 0, 0, 9, 0, 0, 0, 0])],
    ["with a parameter of no length", packet([130, 0, 0, 8, 0, 13, 0, 0])],
    ["with a parameter of no length behind another", packet([4, 0, 0, 12, 0, 1, 0, 4, 0, 1, 0, 0])],
    ["with a parameter of an INIT that is longer than it", packet([...init.slice(0, 20), 0x80, 8, 0, 5])],
    ["with an acknowledgement that is cut short", packet([3, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0])],
    ["with fewer blocks than it says", packet([3, 0, 0, 16, 0, 0, 0, 9, 0, 0, 0, 0, 0, 1, 0, 0])],
    ["that acknowledges one chunk more", packet(acknowledgement([1, 50], [52, 102]))],
    ["that acknowledges the same again and again", packet(acknowledgement([1, 60], [1, 60]))],
  ])("is dropped: %s", (_, bytes) => {
    expect(isBoundedPacket(bytes, 100)).toBe(false);
  });

  it("is read or dropped, whatever its bytes", () => {
    const random = new Random(3);
    const verdicts = new Set<boolean>();
    for (let count = 0; count < 20_000; count += 1) {
      verdicts.add(isBoundedPacket(Buffer.from(hostileBytes(random, random.integer(0, 60))), 100));
    }
    expect(verdicts.size).toBe(2);
  });
});
