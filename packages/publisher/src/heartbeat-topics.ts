import { BoundedMap } from "@inband/stream";
import { type HeartbeatTopic, maxHeartbeatTopics, maxWithdrawn } from "@inband/wire";

/** How far one topic has come. */
interface TopicState {
  /** Of the last message that has left or was given up; the one before the first until there is one. */
  lastSequence: number;
  readonly withdrawn: number[];
  /** Of the last message that was published. */
  published: number;
  /** Of the first message that a receiver may count on, and the newest heartbeat before it was published. */
  first: number;
  readonly since: number;
  /** Whether it began when nothing was attached: messages that are given up before there is a carrier had no receivers. */
  isBefore: boolean;
  /** Whether a message has left or was given up, so that there is something to say. */
  isSettled: boolean;
  /** Number of the heartbeat that said so last; -1 when none has said the newest. */
  saidBy: number;
}

/** Where a topic begins. */
export interface TopicBeginning {
  /** Sequence number of the message that begins it. */
  readonly sequence: number;
  /** Of the first message that a receiver may count on. */
  readonly first: number;
  /** Number of the newest heartbeat before it. */
  readonly since: number;
  /** Whether nothing was attached. */
  readonly isBefore: boolean;
}

/** How far the topics of one publisher have come: those used most recently, in their order. */
export class HeartbeatTopics {
  readonly #topics = new BoundedMap<string | undefined, TopicState>(maxHeartbeatTopics);

  has(topic: string | undefined): boolean {
    return this.#topics.has(topic);
  }

  begin(topic: string | undefined, { sequence, first, since, isBefore }: TopicBeginning): void {
    this.#topics.set(topic, {
      lastSequence: (sequence - 1) >>> 0,
      withdrawn: [],
      published: sequence,
      first,
      since,
      isBefore,
      isSettled: false,
      saidBy: -1,
    });
  }

  /** Notes that a message of a topic that has begun is about to be offered. */
  published(topic: string | undefined, sequence: number): void {
    const state = this.#topics.get(topic);
    if (state !== undefined) state.published = sequence;
  }

  /** Notes that a message of a topic that has begun has left, or, with `isWithdrawn`, never will. */
  settled(topic: string | undefined, sequence: number, isWithdrawn: boolean): void {
    const state = this.#topics.get(topic);
    if (state === undefined) return;
    if (((sequence - state.lastSequence) | 0) > 0) state.lastSequence = sequence;
    if (isWithdrawn) {
      if (state.isBefore && ((sequence - state.first) | 0) >= 0) state.first = (sequence + 1) >>> 0;
      state.withdrawn.push(sequence);
      if (state.withdrawn.length > maxWithdrawn) state.withdrawn.shift();
    }
    state.isSettled = true;
    state.saidBy = -1;
    this.#topics.renew(topic, state);
  }

  /** There is a carrier now. */
  attached(): void {
    for (const state of this.#topics.values()) state.isBefore = false;
  }

  /** What has not been said first, then what was said longest ago; among equals what was used last. */
  inTurn(): HeartbeatTopic[] {
    return [...this.#topics]
      .filter(([, { isSettled }]) => isSettled)
      .reverse()
      .sort(([, a], [, b]) => a.saidBy - b.saidBy)
      .map(([topic, { lastSequence, withdrawn, published, since, first }]) => {
        const pending = Math.max(0, (published - lastSequence) | 0);
        return { topic, lastSequence, withdrawn, history: { pending, since, first } };
      });
  }

  /** A heartbeat has said these. */
  said(topics: readonly HeartbeatTopic[], heartbeat: number): void {
    for (const { topic } of topics) {
      const state = this.#topics.get(topic);
      if (state !== undefined) state.saidBy = heartbeat;
    }
  }
}
