import { heartbeatIntervalMs, type Message, WakeTimer } from "@inband/stream";
import { EnvelopeFlag, type HeartbeatTopic, type MessageHeader, writeHeartbeat } from "@inband/wire";
import { HeartbeatTopics } from "./heartbeat-topics.ts";
import type { EncodedPayloads, MessageEncoder } from "./message-encoder.ts";

/** A topic that begins makes a heartbeat, so that none from before it leaves any more; at most so many between two others. */
const maxBegun = 16;

/** Numbers for the first carrier alone: the receivers of a later one were not there from the beginning. */
const firstHeartbeats = 3;

/** What heartbeats need of their publisher. */
export interface HeartbeatsOwner {
  readonly encoder: MessageEncoder;
  /** Wall clock, for ids. */
  now(): number;
  /** The clock of `Message.expiresAtMs`. */
  clock(): number;
  /** Whether there is a carrier to offer to. */
  hasCarriers(): boolean;
  offer(heartbeat: Message): void;
}

/**
 * Says how far every topic has come, so that receivers learn of losses that no later message shows. One is made every
 * second, when a carrier is attached, and when a topic begins; carriers decide which access units carry it.
 */
export class Heartbeats {
  readonly #owner: HeartbeatsOwner;
  readonly #topics = new HeartbeatTopics();
  #hadCarriers = false;
  /** Heartbeats made for topics that began, since the last other one. */
  #begun = 0;
  #sequence = 0;
  #madeAtMs = Number.NEGATIVE_INFINITY;
  #newest: Message | undefined;
  readonly #timer = new WakeTimer(() => this.#beat());

  constructor(owner: HeartbeatsOwner) {
    this.#owner = owner;
  }

  /** What a carrier that is attached now is offered. */
  get newest(): Message | undefined {
    return this.#newest;
  }

  /** Notes that a message is about to be offered to the carriers. */
  published(topic: string | undefined, sequence: number): void {
    if (this.#topics.has(topic)) this.#topics.published(topic, sequence);
    else this.#begin(topic, sequence, sequence);
  }

  /** Notes that a message has left, or, with `isWithdrawn`, never will. */
  settled(topic: string | undefined, sequence: number, isWithdrawn: boolean): void {
    if (!this.#topics.has(topic)) this.#begin(topic, sequence, (sequence + 1) >>> 0);
    this.#topics.settled(topic, sequence, isWithdrawn);
    this.#beat();
  }

  /** A carrier has been attached. */
  attached(): void {
    if (this.#hadCarriers) this.#sequence = Math.max(this.#sequence, firstHeartbeats);
    this.#hadCarriers = true;
    this.#topics.attached();
    this.#make();
    this.#beat();
  }

  /** Sends the last one to every carrier. */
  close(): void {
    this.#timer.stop();
    if (!this.#owner.hasCarriers()) return;
    const last = this.leaving();
    if (last !== undefined) this.#owner.offer(last);
  }

  /** The last one for a carrier that is detached while the publisher goes on with others. */
  leaving(): Message | undefined {
    return this.#encode(EnvelopeFlag.Last);
  }

  #begin(topic: string | undefined, sequence: number, first: number): void {
    const isBefore = !this.#owner.hasCarriers();
    // One that was made at this moment has not left.
    if (!isBefore && this.#begun < maxBegun && this.#elapsedMs() > 0) {
      this.#begun += 1;
      this.#make();
    }
    const since = isBefore ? this.#sequence : (this.#sequence - 1) >>> 0;
    this.#topics.begin(topic, { sequence, first, since, isBefore });
  }

  /** Makes a heartbeat when it is time, and sees to the next one while there are carriers. */
  #beat(): void {
    if (!this.#owner.hasCarriers()) return;
    // The timer that waited for it may be early by a fraction of a millisecond.
    if (Math.round(this.#elapsedMs()) >= heartbeatIntervalMs) {
      this.#begun = 0;
      this.#make();
    }
    if (!this.#timer.isSet) this.#timer.after(heartbeatIntervalMs);
  }

  /** Since the last one was made; Infinity too when the clock was set back. */
  #elapsedMs(): number {
    const elapsedMs = this.#owner.clock() - this.#madeAtMs;
    return elapsedMs < 0 ? Number.POSITIVE_INFINITY : elapsedMs;
  }

  #make(): void {
    const made = this.#encode();
    if (made === undefined) return;
    this.#madeAtMs = this.#owner.clock();
    this.#newest = made;
    this.#owner.offer(made);
  }

  /** Undefined where not even the shortest one fits the profile. */
  #encode(flags = 0): Message | undefined {
    const { encoder } = this.#owner;
    const nowMs = this.#owner.clock();
    const id = encoder.createId(this.#owner.now());
    const header = { id, sequence: this.#sequence, flags: EnvelopeFlag.Heartbeat | flags };
    const topics = this.#topics.inTurn();
    for (let count = topics.length; ; count = Math.floor((count * 3) / 4)) {
      const said = topics.slice(0, count);
      const encoded = encodeWhole(encoder, said, header);
      if (encoded === undefined && count > 0) continue;
      if (encoded === undefined) return undefined;
      // Two in a row speak of the same topics: one may be lost.
      if (this.#sequence % 2 === 1) this.#topics.said(said, this.#sequence);
      this.#sequence = (this.#sequence + 1) >>> 0;
      const { uuid, alone } = encoder.profile;
      return {
        id,
        uuid,
        payloads: encoded.payloads,
        schedule: { copies: 1, keyFrameCopies: 0 },
        priority: 0,
        expiresAtMs: nowMs + 2 * heartbeatIntervalMs,
        alone,
        standing: "heartbeat",
      };
    }
  }
}

/** One envelope, or nothing where it would take several. */
function encodeWhole(
  encoder: MessageEncoder,
  topics: readonly HeartbeatTopic[],
  header: Omit<MessageHeader, "source">,
): EncodedPayloads | undefined {
  try {
    const encoded = encoder.encode(writeHeartbeat(topics), header);
    return encoded.payloads.length === 1 ? encoded : undefined;
  } catch {
    // Too large for a profile without fragments.
    return undefined;
  }
}
