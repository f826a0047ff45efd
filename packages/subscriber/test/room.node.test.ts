import { parseSei, parseUserDataUnregistered } from "@inband/h264";
import { SeiPublisher } from "@inband/publisher";
import { useFakeClock } from "@inband/rig/fake-clock";
import { ManualFeed } from "@inband/rig/manual-feed";
import { CarrierPublishers, defaultCarrierLimits } from "@inband/stream";
import { SeiSubscriber } from "@inband/subscriber";
import { decodeEnvelope, EnvelopeFlag } from "@inband/wire";
import { expect, it, vi } from "vitest";

const framesPerSecond = 30;
const publishers = 200;
/** A few seconds are more than any window that all of a room would share; set ROOM_SECONDS for longer ones. */
const seconds = Number(process.env.ROOM_SECONDS ?? 3);

useFakeClock();

/** A publisher with the default copies, and copies on key frames, and the access units that carry them. */
function participant(index: number) {
  const own = new CarrierPublishers(defaultCarrierLimits);
  const stream = own.stream("video");
  const publisher = new SeiPublisher<number>();
  publisher.attach({
    name: `${index}`,
    limits: defaultCarrierLimits,
    open: (events, limits) => own.open(events, limits),
  });
  const frame = (number: number, isLost: boolean, feed: ManualFeed, came: (payload: Uint8Array) => void) => {
    const place = { stream: `${index}`, rtpTimestamp: number * 3000, isKeyFrame: (number + index) % 60 === 0 };
    for (const nal of stream.take(place)) {
      if (isLost) continue;
      for (const { payload } of parseSei(nal)) {
        const message = parseUserDataUnregistered(payload);
        came(message.payload);
        feed.bring(message, place);
      }
    }
    stream.commit();
  };
  return { publisher, frame };
}

it.each([
  ["each on a feed of its own", false, 0],
  ["each on a feed of its own, of which three access units of ten are lost", false, 0.3],
  ["all on one feed, of which three access units of ten are lost", true, 0.3],
])(
  "200 publishers of 30 messages a second, %s: none comes twice, and none that came is missing",
  { timeout: 600_000 },
  (_, isShared, loss) => {
    const subscriber = new SeiSubscriber<number>();
    const delivered = new Set<string>();
    const arrived = new Set<string>();
    let twice = 0;
    subscriber.on("message", ({ id }) => {
      if (delivered.has(id)) twice += 1;
      delivered.add(id);
    });
    const shared = new ManualFeed("all");
    if (isShared) subscriber.attach(shared);
    const room = Array.from({ length: publishers }, (__, index) => {
      const feed = isShared ? shared : new ManualFeed(`${index}`);
      if (!isShared) subscriber.attach(feed);
      return { feed, ...participant(index) };
    });
    const came = (payload: Uint8Array) => {
      const { id, flags } = decodeEnvelope(payload);
      if ((flags & EnvelopeFlag.Heartbeat) === 0) arrived.add(id);
    };
    let random = 1;
    for (let number = 0; number < seconds * framesPerSecond; number += 1) {
      for (const { publisher, frame, feed } of room) {
        publisher.publish(number, { topic: "data" });
        random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
        frame(number, random < loss * 2 ** 32, feed, came);
      }
      vi.advanceTimersByTime(1000 / framesPerSecond);
    }
    expect(twice).toBe(0);
    // What speaks of frames from before the first that was read comes in order or not at all.
    const { late } = subscriber.stats();
    expect(late).toBeLessThan(publishers / 10);
    expect(delivered.size).toBe(arrived.size - late);
    expect(arrived.size).toBeGreaterThan(0.95 * publishers * seconds * framesPerSecond);
    for (const { publisher } of room) publisher.close();
    subscriber.close();
  },
);
