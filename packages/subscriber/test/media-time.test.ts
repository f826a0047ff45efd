import {
  type AccessUnit,
  buildSei,
  buildUserDataUnregistered,
  parseSei,
  parseUserDataUnregistered,
} from "@inband/h264";
import { ManualFeed, userData } from "@inband/rig/manual-feed";
import { nextId } from "@inband/rig/sender";
import { accessUnitFeed, pushBytes, type ReceivedMessage, SeiSubscriber } from "@inband/subscriber";
import { expect, it } from "vitest";

/** A SEI NAL unit with a message that speaks of the access unit so many ticks of 90 kHz before. */
function sei(value: unknown, age: number): Uint8Array {
  const header = { id: nextId(), source: 1, sequence: 0, topic: String(value) };
  return buildSei(
    userData(value, header, { age }).map((message) => ({
      payloadType: 5,
      payload: buildUserDataUnregistered(message),
    })),
  );
}

const timesOf = ({ timestamp, carriedTimestamp }: ReceivedMessage) => ({ timestamp, carriedTimestamp });

it("a message of a file says the time of the frame that it speaks of, and of the one that brought it", async () => {
  const units = async function* (): AsyncGenerator<AccessUnit> {
    for (const [timestamp, age] of [
      [200_000, 18_000],
      [240_000, -3600],
      [280_000, 0],
      [100_033, 3003],
    ] as const) {
      const nalUnits = [sei(timestamp, age >>> 0), Uint8Array.of(0x65, 0x88, 1)];
      yield { kind: "video", codec: "h264", nalUnits, timestamp, isKeyFrame: true };
    }
  };
  using subscriber = new SeiSubscriber();
  const messages: ReceivedMessage[] = [];
  const all = new Promise<void>((done) => {
    subscriber.on("message", (message) => {
      if (messages.push(message) === 4) done();
    });
  });
  subscriber.attach(accessUnitFeed(units()));
  await all;
  expect(messages.map(timesOf)).toEqual([
    { timestamp: 0, carriedTimestamp: 200_000 },
    { timestamp: 280_000, carriedTimestamp: 240_000 },
    { timestamp: 280_000, carriedTimestamp: 280_000 },
    { timestamp: 66_666, carriedTimestamp: 100_033 },
  ]);
  expect(JSON.parse(JSON.stringify(messages[0]))).toMatchObject({ timestamp: 0, carriedTimestamp: 200_000 });
});

it("a message of bytes that were pushed says so too, and one without a time says none", () => {
  using subscriber = new SeiSubscriber();
  const [message] = pushBytes(subscriber, Uint8Array.of(0, 0, 1, ...sei("pushed", 9000)), {
    format: "annexb",
    timestamp: 1_000_000,
  });
  expect(message && timesOf(message)).toEqual({ timestamp: 900_000, carriedTimestamp: 1_000_000 });
  const [untimed] = pushBytes(subscriber, Uint8Array.of(0, 0, 1, ...sei("untimed", 9000)), { format: "annexb" });
  expect(untimed && timesOf(untimed)).toEqual({ timestamp: undefined, carriedTimestamp: undefined });
});

it("a message of a feed of one's own says the time of its frame", () => {
  using subscriber = new SeiSubscriber();
  const feed = new ManualFeed();
  const times: unknown[] = [];
  subscriber.on("message", (message) => times.push(timesOf(message)));
  subscriber.attach(feed);
  for (const { payload } of parseSei(sei("a", 9000))) {
    feed.sink?.userData(parseUserDataUnregistered(payload), { stream: "main", timestamp: 500_000 });
  }
  expect(times).toEqual([{ timestamp: 400_000, carriedTimestamp: 500_000 }]);
});
