import { concat, hostileBytes } from "@inband/rig/hostile-bytes";
import type { Random } from "@inband/rig/random";
import type { SeiSink } from "@inband/stream";
import { SeiSubscriber } from "@inband/subscriber";
import { inband, ivs } from "@inband/wire";
import { Input } from "../input.ts";
import { ManualClock } from "../manual-clock.ts";
import { holds, type Target } from "../target.ts";
import { envelope } from "./wire.ts";

const uuids = [inband().uuid, ivs().uuid, new Uint8Array(16), inband().uuid.subarray(0, 15)] as const;

/** What a subscriber is fed: for each message 2 bytes about it, 2 bytes length, the payload. */
export const userDataTarget: Target = {
  name: "user-data",
  make(random) {
    const parts: (Uint8Array | number[])[] = [];
    const payloads: Uint8Array[] = [];
    for (let count = random.length(60); count > 0; count -= 1) {
      payloads.push(payloads.length > 0 && random.oneIn(3) ? random.pick(payloads) : userData(random));
    }
    for (const payload of payloads) {
      parts.push([random.pick([0, 0, 0, 1, 2, 3]), random.integer(0, 255), payload.length >> 8, payload.length & 255]);
      parts.push(payload);
    }
    return concat(parts);
  },
  check(bytes) {
    const input = new Input(bytes);
    using clock = new ManualClock(1000);
    let events = 0;
    let pushed = 0;
    let sink: SeiSink | undefined;
    const delivered = new Set<string>();
    const subscriber = new SeiSubscriber({
      profiles: [inband(), ivs(), ivs({ envelope: true })],
      logger: false,
    });
    subscriber.on("message", (message) => {
      events += 1;
      JSON.stringify(message);
      if (message.source === undefined) return;
      const key = `${message.source} ${message.id}`;
      holds(!delivered.has(key), "a message was delivered twice");
      delivered.add(key);
      if (events % 3 === 0) throw new TypeError("a listener that throws");
    });
    const errors: Error[] = [];
    subscriber.on("error", (error) => errors.push(error));
    try {
      subscriber.attach({
        name: "fuzz",
        open: (opened) => {
          sink = opened;
          return { [Symbol.dispose]: () => undefined };
        },
      });
      while (!input.isAtEnd) {
        const uuid = uuids[input.uint8() & 3] as Uint8Array;
        clock.nowMs += input.uint8() >> 4;
        sink?.userData({ uuid, payload: input.take(input.uint16()) }, { stream: "1", rtpTimestamp: 0xffff_ff00 });
        pushed += 1;
      }
      for (const error of errors) {
        const isKnown = error.name === "WireError" || error.message === "a listener that throws";
        if (!isKnown) throw error;
      }
      const stats = subscriber.stats();
      holds(stats.userData === pushed, "the count of user data");
      holds(stats.messages === events, "the count of messages");
    } finally {
      subscriber.close();
    }
  },
};

function userData(random: Random): Uint8Array {
  return random.oneIn(6) ? hostileBytes(random, random.length(100)) : envelope(random);
}
