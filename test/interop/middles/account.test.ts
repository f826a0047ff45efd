import { describe, expect, it } from "vitest";
import { payloadOf } from "../payload.ts";
import type { EncodedPicture, Place } from "../place.ts";
import { Tally } from "../tally.ts";
import { accountOf } from "./account.ts";
import { Forwarding, Received } from "./forwarding.ts";

/** Two packets in each picture. */
const numbersOf = ({ rtpTimestamp }: EncodedPicture) => [2 * rtpTimestamp, 2 * rtpTimestamp + 1];

/** A server that tells of pictures: how many packets of each it sent on. */
function serverOf(pictures: readonly (readonly [picture: EncodedPicture, sentOn: number])[]): Forwarding {
  const received = new Received();
  const forwarding = new Forwarding(received);
  let atMs = 0;
  let sequenceNumber = 0;
  for (const [picture, sentOn] of pictures) {
    for (const [index, number] of numbersOf(picture).entries()) {
      received.take({ ssrc: picture.ssrc, sequenceNumber: number, timestamp: picture.rtpTimestamp });
      atMs += 10;
      if (index < sentOn) forwarding.take({ ssrc: 9, sequenceNumber: sequenceNumber++, timestamp: 0 }, atMs);
    }
  }
  return forwarding;
}

const low = (rtpTimestamp: number): EncodedPicture => ({ ssrc: 1, rtpTimestamp });
const high = (rtpTimestamp: number): EncodedPicture => ({ ssrc: 2, rtpTimestamp });

/** What is said of message 0, which left on these pictures. */
function accountOfOne(copies: readonly EncodedPicture[], forwarding: Forwarding, isReceived: boolean) {
  const tally = new Tally(1);
  if (isReceived) tally.count(payloadOf(0));
  const { withheld, unexplained } = accountOf(tally, new Map<number, Place>([[0, { copies }]]), forwarding);
  return { withheld, unexplained };
}

describe("what a server tells of the pictures that it sent on", () => {
  const server = serverOf([
    [low(1), 2],
    [high(1), 0],
    [low(2), 1],
    [high(2), 0],
  ]);

  it("excuses a message that is missing of which no picture was sent on whole", () => {
    expect(accountOfOne([high(1), low(2), high(2)], server, false)).toEqual({ withheld: [0], unexplained: [] });
  });

  it("excuses none that was on a picture which was sent on whole", () => {
    expect(accountOfOne([high(1), low(1)], server, false)).toEqual({ withheld: [], unexplained: [] });
  });

  it("excuses none whose pictures the sender does not name", () => {
    expect(accountOfOne([], server, false)).toEqual({ withheld: [], unexplained: [] });
  });

  it("explains a message that came where a part of a picture was sent on, and not where nothing was", () => {
    expect(accountOfOne([low(2)], server, true)).toEqual({ withheld: [], unexplained: [] });
    expect(accountOfOne([high(1), high(2)], server, true)).toEqual({ withheld: [], unexplained: [0] });
  });

  it("counts a packet that is sent again once, and measures the longest pause", () => {
    const received = new Received();
    const forwarding = new Forwarding(received);
    received.take({ ssrc: 1, sequenceNumber: 2, timestamp: 1 });
    forwarding.take({ ssrc: 9, sequenceNumber: 0, timestamp: 0 }, 0);
    received.take({ ssrc: 1, sequenceNumber: 4, timestamp: 2 });
    forwarding.take({ ssrc: 9, sequenceNumber: 0, timestamp: 0 }, 5);
    expect(forwarding.partOf(low(2))).toBe("none");
    received.take({ ssrc: 1, sequenceNumber: 6, timestamp: 3 });
    forwarding.take({ ssrc: 9, sequenceNumber: 1, timestamp: 0 }, 900);
    expect(forwarding.longestPauseMs).toBe(900);
  });
});
