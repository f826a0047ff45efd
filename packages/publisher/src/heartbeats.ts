import {
  createMessageId,
  EnvelopeFlag,
  encodeMessage,
  type HeartbeatTopic,
  maxHeartbeatTopics,
  maxWithdrawn,
  type Profile,
  writeHeartbeat,
} from "@inband/wire";
import type { Part } from "./part.ts";
import { heartbeatIntervalMs } from "./standing-messages.ts";

/** What one topic has come to. */
interface TopicState {
  /** Of the last message that has left or was given up; the one before the first until there is one. */
  lastSequence: number;
  readonly withdrawn: number[];
  /** Of the last message that was published. */
  published: number;
  /** Of the first message that a receiver may count on, and the newest heartbeat before it was published. */
  first: number;
  readonly since: number;
  /** Whether it began when nothing was attached: what is given up before there is a carrier was meant for nobody. */
  isBefore: boolean;
  /** Whether a message has left or was given up, so that there is something to say. */
  isSettled: boolean;
  /** Number of the heartbeat that said so last; -1 when none has said the newest. */
  saidBy: number;
}

/** A topic that begins makes a heartbeat, so that none from before it leaves any more; between two others so many do. */
const maxBegun = 16;

/** Numbers for the first carrier alone: the receivers of a later one were not there from the beginning. */
const firstHeartbeats = 3;

/** What heartbeats need of their publisher. */
export interface HeartbeatsOwner {
  readonly profile: Profile;
  readonly source: number;
  readonly random: ((bytes: Uint8Array<ArrayBuffer>) => unknown) | undefined;
  /** Wall clock, for ids. */
  now(): number;
  /** The clock of `Part.expiresAtMs`. */
  clock(): number;
  /** Whether there is a carrier to offer to. */
  hasCarriers(): boolean;
  offer(parts: readonly Part[]): void;
}

/**
 * Says how far every topic has come, so that receivers learn of losses that no later message shows. One is made every
 * second, when a carrier is attached, and when a topic begins; carriers decide which access units carry it.
 */
export class Heartbeats {
  readonly #owner: HeartbeatsOwner;
  /** Those used most recently last. */
  readonly #topics = new Map<string | undefined, TopicState>();
  #hadCarriers = false;
  /** Heartbeats made for topics that began, since the last other one. */
  #begun = 0;
  #sequence = 0;
  #madeAtMs = Number.NEGATIVE_INFINITY;
  #newest: readonly Part[] | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(owner: HeartbeatsOwner) {
    this.#owner = owner;
  }

  /** What a carrier that comes now is offered. */
  get newest(): readonly Part[] | undefined {
    return this.#newest;
  }

  /** Notes that a message is about to be offered to the carriers. */
  published(topic: string | undefined, sequence: number): void {
    const known = this.#topics.get(topic);
    if (known === undefined) this.#begin(topic, sequence, sequence);
    else known.published = sequence;
  }

  /** Notes that a message has left, or, with `isWithdrawn`, never will. */
  settled(topic: string | undefined, sequence: number, isWithdrawn: boolean): void {
    const state = this.#topics.get(topic) ?? this.#begin(topic, sequence, (sequence + 1) >>> 0);
    if (((sequence - state.lastSequence) | 0) > 0) state.lastSequence = sequence;
    if (isWithdrawn) {
      if (state.isBefore && ((sequence - state.first) | 0) >= 0) state.first = (sequence + 1) >>> 0;
      state.withdrawn.push(sequence);
      if (state.withdrawn.length > maxWithdrawn) state.withdrawn.shift();
    }
    state.isSettled = true;
    state.saidBy = -1;
    this.#topics.delete(topic);
    this.#topics.set(topic, state);
    this.#beat();
  }

  /** A carrier has been attached. */
  attached(): void {
    if (this.#hadCarriers) this.#sequence = Math.max(this.#sequence, firstHeartbeats);
    this.#hadCarriers = true;
    for (const state of this.#topics.values()) state.isBefore = false;
    this.#make();
    this.#beat();
  }

  /** Says the last word, to every carrier. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#owner.hasCarriers()) return;
    const last = this.#encode(EnvelopeFlag.Last);
    if (last !== undefined) this.#owner.offer(last);
  }

  /** The last word for a carrier that is detached while the publisher goes on with others. */
  leaving(): readonly Part[] | undefined {
    return this.#encode(EnvelopeFlag.Last);
  }

  #begin(topic: string | undefined, sequence: number, first: number): TopicState {
    const isBefore = !this.#owner.hasCarriers();
    // None has left that was made at this moment.
    if (!isBefore && this.#begun < maxBegun && this.#elapsedMs() > 0) {
      this.#begun += 1;
      this.#make();
    }
    const state: TopicState = {
      lastSequence: (sequence - 1) >>> 0,
      withdrawn: [],
      published: sequence,
      first,
      since: isBefore ? this.#sequence : (this.#sequence - 1) >>> 0,
      isBefore,
      isSettled: false,
      saidBy: -1,
    };
    this.#topics.set(topic, state);
    if (this.#topics.size > maxHeartbeatTopics) {
      const [oldest] = this.#topics.keys();
      this.#topics.delete(oldest);
    }
    return state;
  }

  /** Makes a heartbeat when it is time, and sees to the next one while there are carriers. */
  #beat(): void {
    if (!this.#owner.hasCarriers()) return;
    // The timer that waited for it may be early by a fraction of a millisecond.
    if (Math.round(this.#elapsedMs()) >= heartbeatIntervalMs) {
      this.#begun = 0;
      this.#make();
    }
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#beat();
    }, heartbeatIntervalMs);
    // A heartbeat is no reason for a process of Node to go on.
    (this.#timer as { unref?: () => void }).unref?.();
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
  #encode(flags = 0): readonly Part[] | undefined {
    const { profile, source, random } = this.#owner;
    const nowMs = this.#owner.clock();
    const id = createMessageId({ nowMs: this.#owner.now(), ...(random === undefined ? {} : { random }) });
    const header = { id, source, sequence: this.#sequence, flags: EnvelopeFlag.Heartbeat | flags };
    const topics = this.#inTurn();
    for (let count = topics.length; ; count = Math.floor((count * 3) / 4)) {
      const encoded = encodeWhole(profile, topics.slice(0, count), header);
      if (encoded === undefined && count > 0) continue;
      if (encoded === undefined) return undefined;
      // Two in a row speak of the same topics: one may be lost.
      if (this.#sequence % 2 === 1) this.#saidAll(topics.slice(0, count));
      this.#sequence = (this.#sequence + 1) >>> 0;
      return [
        {
          messageId: id,
          uuid: profile.uuid,
          ...encoded,
          copies: 1,
          keyFrameCopies: 0,
          priority: 0,
          expiresAtMs: nowMs + 2 * heartbeatIntervalMs,
          alone: profile.alone,
          standing: "heartbeat",
        },
      ];
    }
  }

  #saidAll(topics: readonly HeartbeatTopic[]): void {
    for (const { topic } of topics) {
      const state = this.#topics.get(topic);
      if (state !== undefined) state.saidBy = this.#sequence;
    }
  }

  /** What has not been said first, then what was said longest ago; among equals what was used last. */
  #inTurn(): HeartbeatTopic[] {
    return [...this.#topics]
      .filter(([, { isSettled }]) => isSettled)
      .reverse()
      .sort(([, a], [, b]) => a.saidBy - b.saidBy)
      .map(([topic, { lastSequence, withdrawn, published, since, first }]) => {
        const pending = Math.max(0, (published - lastSequence) | 0);
        return { topic, lastSequence, withdrawn, history: { pending, since, first } };
      });
  }
}

/** One envelope, or nothing where it would take several. */
function encodeWhole(
  profile: Profile,
  topics: readonly HeartbeatTopic[],
  header: Parameters<typeof encodeMessage>[2],
): ReturnType<typeof encodeMessage>[0] | undefined {
  try {
    const [encoded, ...more] = encodeMessage(profile, writeHeartbeat(topics), header);
    return more.length === 0 ? encoded : undefined;
  } catch {
    // Too large for a profile without fragments.
    return undefined;
  }
}
