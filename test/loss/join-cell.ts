import { insertSei } from "@inband/h264";
import { H264Payloader } from "@inband/h264/rtp";
import { SeiPublisher } from "@inband/publisher";
import { framesPerSecond } from "@inband/rig/access-unit";
import { Channel, type Loss } from "@inband/rig/channel";
import { Random } from "@inband/rig/random";
import { VirtualTime } from "@inband/rig/virtual-time";
import { type ReceivedMessage, SeiSubscriber } from "@inband/subscriber";
import { RtpHeader, RtpPacket } from "werift";
import { accessUnit, framesPerGop } from "./picture.ts";
import { type Schedule, ScheduleCarrier } from "./schedule-carrier.ts";
import { FrameReceiver, OutboxCarrier, PacketReceiver, type Receiver } from "./virtual-cell.ts";

/** Receivers that join a stream of messages, in virtual time. */
export interface JoinCell {
  readonly seed: number;
  readonly joins: number;
  /** On three topics together, at random times. */
  readonly messagesPerSecond: number;
  readonly loss: Loss;
  /** As in a `VirtualCell`: one in Node reads packets at once, a browser begins with a whole key frame. */
  readonly receiver: "packets" | "frames";
  /** Another schedule than the library has. */
  readonly schedule?: Schedule;
}

/** What came of them. */
export interface JoinResult {
  readonly joins: number;
  /** Joins in which no message from before came behind a newer one of its topic; has to be all. */
  readonly inOrder: number;
  /** Messages of the 5 s before the joins, and how many of them were delivered. */
  readonly before: number;
  readonly beforeDelivered: number;
  /** Messages from before that came and were not delivered, since newer ones had been. */
  readonly stale: number;
  /** Messages published in the 4 s since, and how many of them were delivered. */
  readonly since: number;
  readonly sinceDelivered: number;
  /** From `publish` to the listener for those of the first second, in milliseconds, ascending. */
  readonly latenciesMs: Float64Array;
  /** Messages reported missing that were published before; has to be 0. */
  readonly misreported: number;
  /** Delivered more than once; has to be 0. */
  readonly twice: number;
}

const oneWayMs = 25;
const backlogMs = 5000;
const watchedMs = 4000;
const staysMs = 9000;
const meanPauseMs = 3000;
const topics = ["captions", "chat", "telemetry"] as const;

interface Sent {
  readonly atMs: number;
  readonly topic: string;
}

/** Publishes without an end, and lets one receiver after the other join, each over a channel of its own. */
export function runJoinCell(cell: JoinCell): JoinResult {
  const random = new Random(cell.seed);
  const time = new VirtualTime();
  const now = (): number => time.nowMs;
  const publisher = new SeiPublisher<number>({
    now,
    clock: now,
    random: (bytes) => random.fill(bytes),
  });
  const carrier = cell.schedule === undefined ? new OutboxCarrier(now) : new ScheduleCarrier(cell.schedule);
  const payloader = new H264Payloader();
  const sent: Sent[] = [];
  const byTopic = new Map<string, number[]>(topics.map((topic) => [topic, []]));
  const joiners = new Set<Joiner>();
  const over: Joiner[] = [];
  const beginMs = time.nowMs;
  let isAsked = false;
  let frame = 0;
  let sequenceNumber = 0;

  const next = (): void => {
    const due = cell.messagesPerSecond / framesPerSecond;
    for (let left = due; left > 0; left -= 1) {
      if (random.fraction() >= left) continue;
      const topic = random.pick(topics);
      byTopic.get(topic)?.push(sent.length);
      publisher.publish(sent.length, { topic });
      sent.push({ atMs: time.nowMs, topic });
    }
    const picture = accessUnit(frame, isAsked || frame % framesPerGop === 0);
    isAsked = false;
    const rtpTimestamp = Math.round(((picture.timestamp as number) * 9) / 100) >>> 0;
    const nals = carrier.take({ rtpTimestamp, isKeyFrame: picture.isKeyFrame });
    const payloads = payloader.payloads(insertSei(picture, nals).nalUnits);
    carrier.commit();
    for (const [index, { payload, marker }] of payloads.entries()) {
      const packet = new RtpPacket(
        new RtpHeader({ sequenceNumber, timestamp: rtpTimestamp, ssrc: 1, marker, payloadType: 96 }),
        Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength),
      );
      sequenceNumber = (sequenceNumber + 1) & 0xffff;
      for (const joiner of joiners) {
        for (const delayMs of joiner.channel.next()) {
          const arrives = (): void => joiner.receive(packet, payloads.length, picture.isKeyFrame);
          time.at(time.nowMs + index * 0.05 + delayMs, arrives);
        }
      }
    }
    frame += 1;
    time.at(beginMs + (frame * 1000) / framesPerSecond, next);
  };
  const join = (): void => {
    const channel = new Channel(
      { loss: cell.loss, delayMs: oneWayMs, reorder: 0.02, reorderMs: 12, duplicate: 0.01 },
      random,
    );
    const joiner = new Joiner(cell.receiver, channel, now, () =>
      time.at(time.nowMs + oneWayMs, () => (isAsked = true)),
    );
    joiners.add(joiner);
    over.push(joiner);
    time.at(time.nowMs + staysMs, () => {
      joiners.delete(joiner);
      joiner.close();
    });
    if (over.length < cell.joins) time.at(time.nowMs - meanPauseMs * Math.log(1 - random.fraction()), join);
  };
  time.run(cell.joins * meanPauseMs * 2 + 60_000, () => {
    publisher.attach(carrier);
    next();
    time.at(time.nowMs + 20_000, join);
  });
  publisher.close();
  return balance(over, sent, byTopic);
}

/** One receiver. It asks for a key frame with the first packet, as feeds and browsers do. */
class Joiner {
  readonly channel: Channel;
  readonly received: { readonly message: ReceivedMessage<number>; readonly atMs: number }[] = [];
  readonly gaps: { readonly topic: string; readonly sequence: number; readonly missing: number }[] = [];
  readonly joinedMs: number;
  stale = 0;
  readonly #kind: JoinCell["receiver"];
  readonly #receiver: Receiver;
  readonly #subscriber: SeiSubscriber<number>;
  readonly #ask: () => void;
  #hasAsked = false;
  #hasKeyFrame = false;

  constructor(kind: JoinCell["receiver"], channel: Channel, now: () => number, ask: () => void) {
    this.channel = channel;
    this.joinedMs = now();
    this.#kind = kind;
    this.#ask = ask;
    this.#receiver = kind === "packets" ? new PacketReceiver() : new FrameReceiver();
    this.#subscriber = new SeiSubscriber<number>();
    this.#subscriber.on("message", (message) => this.received.push({ message, atMs: now() }));
    this.#subscriber.on("gap", ({ topic = "", sequence, missing }) => this.gaps.push({ topic, sequence, missing }));
    this.#subscriber.attach(this.#receiver.feed);
  }

  receive(packet: RtpPacket, packetsOfFrame: number, isKeyFrame: boolean): void {
    if (!this.#hasAsked) this.#ask();
    this.#hasAsked = true;
    this.#hasKeyFrame ||= isKeyFrame;
    if (this.#kind === "packets" || this.#hasKeyFrame) this.#receiver.receive(packet, packetsOfFrame);
  }

  close(): void {
    this.stale = this.#subscriber.stats().late;
    this.#subscriber.close();
  }
}

function balance(
  joiners: readonly Joiner[],
  sent: readonly Sent[],
  byTopic: ReadonlyMap<string, readonly number[]>,
): JoinResult {
  const totals = { inOrder: 0, before: 0, beforeDelivered: 0, stale: 0, since: 0, sinceDelivered: 0, misreported: 0 };
  const latencies: number[] = [];
  let twice = 0;
  for (const { joinedMs, received, gaps, stale } of joiners) {
    const came = new Set<number>();
    const newest = new Map<string, number>();
    let isInOrder = true;
    for (const { message, atMs } of received) {
      const { value, topic = "", isBacklog } = message;
      if (came.has(value)) twice += 1;
      came.add(value);
      if (isBacklog && value < (newest.get(topic) ?? -1)) isInOrder = false;
      newest.set(topic, Math.max(value, newest.get(topic) ?? -1));
      const publishedMs = sent[value]?.atMs ?? 0;
      if (publishedMs >= joinedMs && publishedMs < joinedMs + 1000) latencies.push(atMs - publishedMs);
    }
    if (isInOrder) totals.inOrder += 1;
    totals.stale += stale;
    for (const [number, { atMs }] of sent.entries()) {
      if (atMs >= joinedMs - backlogMs && atMs < joinedMs) {
        totals.before += 1;
        if (came.has(number)) totals.beforeDelivered += 1;
      } else if (atMs >= joinedMs && atMs < joinedMs + watchedMs) {
        totals.since += 1;
        if (came.has(number)) totals.sinceDelivered += 1;
      }
    }
    for (const { topic, sequence, missing } of gaps) {
      const numbers = byTopic.get(topic)?.slice(sequence, sequence + missing) ?? [];
      // What left just before the receiver came, and was under way, was on its access units.
      totals.misreported += numbers.filter((number) => (sent[number]?.atMs ?? 0) < joinedMs - 200).length;
    }
  }
  return { joins: joiners.length, ...totals, latenciesMs: Float64Array.from(latencies).sort(), twice };
}
