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
  lastSequence: number;
  readonly withdrawn: number[];
  /** Number of the heartbeat that said so last; -1 when none has said the newest. */
  saidBy: number;
}

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
 * Says how far every topic has come, so that receivers learn of losses that no later message shows. One is made at most
 * every second; carriers decide which access units carry it.
 */
export class Heartbeats {
  readonly #owner: HeartbeatsOwner;
  /** Those used most recently last. */
  readonly #topics = new Map<string | undefined, TopicState>();
  #sequence = 0;
  /** When the last one was made; before the first, when there was something to say. */
  #madeAtMs: number | undefined;
  #newest: readonly Part[] | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(owner: HeartbeatsOwner) {
    this.#owner = owner;
  }

  /** What a carrier that comes now is offered. */
  get newest(): readonly Part[] | undefined {
    return this.#newest;
  }

  /** Notes that a message has left, or, with `isWithdrawn`, never will. */
  settled(topic: string | undefined, sequence: number, isWithdrawn: boolean): void {
    const state = this.#topics.get(topic) ?? { lastSequence: sequence, withdrawn: [], saidBy: -1 };
    if (((sequence - state.lastSequence) | 0) > 0) state.lastSequence = sequence;
    if (isWithdrawn) {
      state.withdrawn.push(sequence);
      if (state.withdrawn.length > maxWithdrawn) state.withdrawn.shift();
    }
    state.saidBy = -1;
    this.#topics.delete(topic);
    this.#topics.set(topic, state);
    if (this.#topics.size > maxHeartbeatTopics) {
      const [oldest] = this.#topics.keys();
      this.#topics.delete(oldest);
    }
    this.beat();
  }

  /** Makes a heartbeat when it is time, and sees to the next one while there are carriers. */
  beat(): void {
    if (this.#topics.size === 0 || !this.#owner.hasCarriers()) return;
    const nowMs = this.#owner.clock();
    this.#madeAtMs ??= nowMs;
    // The timer that waited for it may be early by a fraction of a millisecond.
    const elapsedMs = Math.round(nowMs - this.#madeAtMs);
    if (elapsedMs < 0 || elapsedMs >= heartbeatIntervalMs) this.#make(nowMs);
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.beat();
    }, heartbeatIntervalMs);
    // A heartbeat is no reason for a process of Node to go on.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #make(nowMs: number): void {
    const { profile, source, random } = this.#owner;
    const id = createMessageId({ nowMs: this.#owner.now(), ...(random === undefined ? {} : { random }) });
    const header = { id, source, sequence: this.#sequence, flags: EnvelopeFlag.Heartbeat };
    const topics = this.#inTurn();
    for (let count = topics.length; count > 0; count = Math.floor((count * 3) / 4)) {
      const encoded = encodeWhole(profile, topics.slice(0, count), header);
      if (encoded === undefined) continue;
      // Without key frames carriers send every second heartbeat, so two in a row speak of the same topics.
      if (this.#sequence % 2 === 1) this.#saidAll(topics.slice(0, count));
      this.#sequence = (this.#sequence + 1) >>> 0;
      this.#madeAtMs = nowMs;
      this.#newest = [
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
      this.#owner.offer(this.#newest);
      return;
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
      .reverse()
      .sort(([, a], [, b]) => a.saidBy - b.saidBy)
      .map(([topic, { lastSequence, withdrawn }]) => ({ topic, lastSequence, withdrawn }));
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
