import { parseSei, parseUserDataUnregistered } from "@inband/h264";
import { SeiPublisher } from "@inband/publisher";
import { useFakeClock } from "@inband/rig/fake-clock";
import { envelopesOf, isHeartbeat, ManualCarrier } from "@inband/rig/manual-carrier";
import { type Gap, SeiSubscriber } from "@inband/subscriber";
import fc from "fast-check";
import { expect, it, vi } from "vitest";

useFakeClock({ microtasks: true });

/** What a publisher does before an access unit: attaches itself, or publishes on the topic of this number. */
type Step = "attach" | number;

interface Plan {
  readonly steps: readonly (readonly Step[])[];
  /** Access units that are lost, by index. */
  readonly lost: readonly boolean[];
  readonly keyFrameInterval: number;
  readonly copies: number;
}

const frames = 150;
/** Enough for a heartbeat that says the last word. */
const tailFrames = 120;

const plans: fc.Arbitrary<Plan> = fc.record({
  steps: fc
    .tuple(
      fc.nat({ max: 60 }),
      fc.array(fc.tuple(fc.nat({ max: frames - 1 }), fc.nat({ max: 3 })), { minLength: 1, maxLength: 40 }),
    )
    .map(([attachAt, publications]) =>
      Array.from({ length: frames }, (_, index): Step[] => [
        ...(index === attachAt ? (["attach"] as const) : []),
        ...publications.filter(([at]) => at === index).map(([, topic]) => topic),
      ]),
    ),
  lost: fc.oneof(
    // From some access unit on, for one that joins late.
    fc.nat({ max: frames }).map((join) => Array.from({ length: frames }, (_, index) => index < join)),
    fc
      .tuple(
        fc.constantFrom(0.2, 0.5, 0.8),
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: frames, maxLength: frames }),
      )
      .map(([rate, draws]) => draws.map((draw) => draw < rate)),
  ),
  keyFrameInterval: fc.constantFrom(10, 60, 1000),
  copies: fc.constantFrom(1, 3),
});

interface Sent {
  readonly topic: string | undefined;
  readonly sequence: number;
  /** Access units that carried it. */
  readonly on: number[];
}

/** Plays a plan; what was sent on which access unit, what came, and which gaps were reported. */
function play({ steps, lost, keyFrameInterval, copies }: Plan) {
  using publisher = new SeiPublisher({ copies, keyFrameCopies: 1 });
  using subscriber = new SeiSubscriber();
  const carrier = new ManualCarrier();
  const came = new Set<string>();
  const gaps: Gap[] = [];
  const sent = new Map<string, Sent>();
  /** Access units that came with a heartbeat, and its number. */
  const beats: { readonly index: number; readonly sequence: number }[] = [];
  let bring: (payload: { uuid: Uint8Array; payload: Uint8Array }) => void = () => {};
  subscriber.attach({
    name: "link",
    open: (sink) => {
      bring = (message) => sink.userData(message, { stream: "1" });
      return { [Symbol.dispose]: () => {} };
    },
  });
  subscriber.on("message", ({ id }) => {
    expect(came.has(id)).toBe(false);
    came.add(id);
  });
  subscriber.on("gap", (gap) => gaps.push(gap));
  for (let index = 0; index < frames + tailFrames; index += 1) {
    vi.advanceTimersByTime(33);
    for (const step of steps[index] ?? []) {
      if (step === "attach") publisher.attach(carrier);
      else publisher.publish(index, step === 0 ? {} : { topic: `topic ${step}` });
    }
    const frame = carrier.frame({ isKeyFrame: index % keyFrameInterval === 0 });
    for (const envelope of envelopesOf(frame)) {
      if (isHeartbeat(envelope)) {
        if (!lost[index]) beats.push({ index, sequence: envelope.sequence });
        continue;
      }
      const { id, topic, sequence } = envelope;
      const message = sent.get(id) ?? { topic, sequence, on: [] };
      sent.set(id, message);
      message.on.push(index);
    }
    if (!lost[index]) for (const { payload } of frame.nals.flatMap(parseSei)) bring(parseUserDataUnregistered(payload));
  }
  // A missing message is waited for 6 s by default.
  vi.advanceTimersByTime(7000);
  return { sent, came, gaps, beats };
}

it("reports each message once that was lost since the receiver was there, and none from before or that came", () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const { sent, came, gaps, beats } = play(plan);
      const keyOf = (topic: string | undefined, sequence: number) => `${sequence} ${topic}`;
      const reported = gaps.flatMap(({ topic, sequence, missing }) =>
        Array.from({ length: missing }, (_, index) => keyOf(topic, sequence + index)),
      );
      expect(new Set(reported).size).toBe(reported.length);
      const all = [...sent].map(([id, message]) => ({ ...message, hasCome: came.has(id) }));
      const firstSeen = plan.lost.indexOf(false) < 0 ? frames : plan.lost.indexOf(false);
      const secondBeat = beats.find(({ sequence }) => sequence > (beats[0]?.sequence ?? 0));
      const known = new Set(all.map(({ topic, sequence }) => keyOf(topic, sequence)));
      for (const key of reported) expect(known).toContain(key);
      for (const { topic, sequence, on, hasCome } of all) {
        const isReported = reported.includes(keyOf(topic, sequence));
        if (hasCome || (on.at(-1) as number) < firstSeen) expect(isReported).toBe(false);
        else {
          const ofTopic = all.filter((other) => other.topic === topic);
          const begin = Math.min(...ofTopic.map((other) => other.on[0] as number));
          const wasThere = (beats[0]?.index ?? Number.POSITIVE_INFINITY) < begin;
          const isBehind =
            ofTopic.some((other) => other.hasCome && other.sequence < sequence) ||
            (on[0] as number) > (secondBeat?.index ?? Number.POSITIVE_INFINITY);
          if (wasThere || isBehind) expect(isReported).toBe(true);
        }
      }
    }),
    { numRuns: 300 },
  );
});
