import { concat, hostileBytes } from "@inband/rig/hostile-bytes";
import type { Random } from "@inband/rig/random";
import type { SeiSink } from "@inband/stream";
import { SeiSubscriber } from "@inband/subscriber";
import {
  createMessageId,
  EnvelopeFlag,
  encodeEnvelope,
  encodeValue,
  type HeartbeatTopic,
  inband,
  writeHeartbeat,
} from "@inband/wire";
import { Input } from "../input.ts";
import { ManualClock } from "../manual-clock.ts";
import { holds, type Target } from "../target.ts";

/** Alice's publisher; its number is in every envelope of hers, so that Bob knows it. */
const source = 7;
const topics = ["chat", "state", undefined] as const;
/** What each feed may cause of one event in a second. */
const eventsPerSecond = 10;

/**
 * Alice, who is honest, and Bob in one subscriber: for each step one byte of what happens (Alice's next message comes, is
 * lost, or comes twice; time passes; Bob brings something), for Bob 2 bytes length and a payload.
 */
export const roomTarget: Target = {
  name: "room",
  make(random) {
    const steps: (Uint8Array | number[])[] = [];
    for (let count = random.length(120); count > 0; count -= 1) {
      const step = random.integer(0, 7);
      steps.push([step]);
      if (step < 4) continue;
      const payload = forged(random);
      steps.push([payload.length >> 8, payload.length & 255], payload);
    }
    return concat(steps);
  },
  check(bytes) {
    for (const order of ["arrival", "sequence"] as const) {
      const alone = play(bytes, order, false);
      const together = play(bytes, order, true);
      holds(alone.log === together.log, `by ${order}, what Bob brings changes what comes of Alice`);
      holds(together.bobsEvents <= together.seconds * 3 * eventsPerSecond, "Bob causes a storm of events");
    }
  },
};

/** What was told of Alice, and how much of Bob. */
function play(bytes: Uint8Array, order: "arrival" | "sequence", isBobHeard: boolean) {
  const input = new Input(bytes);
  const log: string[] = [];
  const delivered = new Set<string>();
  const sinks: SeiSink[] = [];
  using clock = new ManualClock(1000);
  let sent = 0;
  let bobsEvents = 0;
  const subscriber = new SeiSubscriber({ order, orderTimeoutMs: 50, logger: false });
  for (const name of ["alice", "bob"]) {
    subscriber.attach({
      name,
      open: (sink) => {
        sinks.push(sink);
        return { [Symbol.dispose]: () => undefined };
      },
    });
  }
  const [alice, bob] = sinks as [SeiSink, SeiSink];
  subscriber.on("message", ({ feed, id, value, sequence }) => {
    if (feed !== "alice") return;
    holds(!delivered.has(id), "a message of Alice came twice");
    delivered.add(id);
    log.push(`message ${sequence} ${value}`);
  });
  for (const event of ["gap", "late"] as const) {
    subscriber.on(event, (told) => {
      if (told.feed === "alice") log.push(`${event} ${told.topic} ${told.sequence}`);
      else bobsEvents += 1;
    });
  }
  // Alice's messages are well formed, so that all errors are of Bob.
  subscriber.on("error", (error) => {
    if (error.name !== "WireError") throw error;
    bobsEvents += 1;
  });
  const bring = (sink: SeiSink, payload: Uint8Array) =>
    sink.userData({ uuid: inband().uuid, payload }, { stream: "1", rtpTimestamp: 0 });
  try {
    while (!input.isAtEnd) {
      const step = input.uint8() & 7;
      if (step >= 4) {
        const payload = input.take(input.uint16());
        if (isBobHeard) bring(bob, payload);
      } else if (step === 3) clock.nowMs += 30;
      else {
        const payload = said(sent);
        sent += 1;
        for (let copy = step; copy < 3 && step > 0; copy += 1) bring(alice, payload);
      }
    }
    // What is behind the last losses shows them.
    for (let rounds = 0; rounds < 2; rounds += 1) {
      for (const _ of topics) bring(alice, said(sent++));
      clock.nowMs += 100;
    }
    return { log: log.join("\n"), bobsEvents, seconds: 1 + Math.ceil((clock.nowMs - 1000) / 1000) };
  } finally {
    subscriber.close();
  }
}

/** Alice's messages go to her topics in turn. */
function said(number: number): Uint8Array {
  return envelope(number, { body: encodeValue(number) });
}

function envelope(number: number, change: object): Uint8Array {
  const random = (bytes: Uint8Array) => new DataView(bytes.fill(1).buffer).setUint32(12, number);
  return encodeEnvelope({
    id: createMessageId({ nowMs: 1000, random }),
    source,
    sequence: Math.floor(number / topics.length),
    topic: topics[number % topics.length],
    flags: 0,
    age: 0,
    index: 0,
    count: 1,
    body: Uint8Array.of(0xc0),
    ...change,
  }).payload;
}

/** Something of Bob's in Alice's name. */
function forged(random: Random): Uint8Array {
  const sequence = random.pick([0, 1, 2, 3, 50, 2999, 3001, 0x7fff_fff0, 0xffff_ffff]);
  const number = random.integer(0, 40);
  switch (random.integer(0, 5)) {
    case 0:
      return hostileBytes(random, random.length(60));
    case 1:
      return envelope(number, {});
    case 2:
      return envelope(number, { sequence, flags: random.integer(0, 1) });
    case 3: {
      const count = random.pick([2, 3, 256]);
      return envelope(number, { index: random.integer(0, 1), count, body: Uint8Array.of(0xc4, 1) });
    }
    default: {
      const list = topics.map((topic): HeartbeatTopic => {
        const said = { topic, lastSequence: sequence, withdrawn: [0, 1, 2, number] };
        return random.oneIn(2) ? said : { ...said, history: { pending: 0, since: random.integer(0, 3), first: 0 } };
      });
      const body = Uint8Array.from(encodeValue(writeHeartbeat(list)));
      const flags = EnvelopeFlag.Heartbeat;
      return envelope(number, { topic: undefined, flags, sequence: random.integer(0, 9), body });
    }
  }
}
