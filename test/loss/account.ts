import type { Gap, ReceivedMessage } from "@inband/subscriber";
import type { HeartbeatTopic } from "@inband/wire";

/** What a laboratory publishes: enough to know it again. */
export interface Sample {
  readonly number: number;
  readonly text: string;
}

/** What became of the messages of one cell. */
export interface Balance {
  readonly published: number;
  readonly delivered: number;
  /** Messages handed over more than once; has to be 0. */
  readonly twice: number;
  /** Messages whose value, topic or sequence number is not what was published; has to be 0. */
  readonly corrupted: number;
  /** Messages reported missing. */
  readonly reported: number;
  /** Messages reported missing twice, or although they came; has to be 0. */
  readonly misreported: number;
  /**
   * Messages lost and not reported between the first and the last that came of their topic; has to be 0. One of the backlog
   * is no first: what lies behind it may be from before the receiver was there, as it is itself.
   */
  readonly unreported: number;
  /** Messages lost and not reported elsewhere: the following three together. */
  readonly unreportedAtEdges: number;
  /** Those before the first that came of their topic. */
  readonly unreportedBefore: number;
  /** Those behind the last that came of their topic. */
  readonly unreportedBehind: number;
  /** Those of topics of which none came. */
  readonly unreportedTopics: number;
  /**
   * Those of the three that the library promises to report; has to be 0. Before the first: a heartbeat came before the
   * topic began, and one that names it early enough. Behind the last: one that names the last came early enough.
   */
  readonly unreportedInSpite: number;
  /** From `publish` to the listener, in milliseconds, ascending. */
  readonly latenciesMs: Float64Array;
  /** How many were lost of each {@link messagesPerBlock} in a row: how far losses come together. */
  readonly lostInBlocks: Uint16Array;
}

/** A receiver waits 6 s for what a heartbeat shows to be missing. */
const gapAfterMs = 7000;

/** What heartbeats that came have said of a topic. */
interface Told {
  /** When the first one that names it came. */
  readonly namedAtMs: number;
  lastSequence: number;
  /** When the first one with that sequence came. */
  atMs: number;
}

/** Enough for every repetition of one message and the next burst to be of one block, mostly. */
export const messagesPerBlock = 250;

/**
 * Keeps the account of every message: what was published, what came, what was reported missing. Messages go to the
 * topics in turn, so that a number says topic and sequence number. It takes its memory at the start.
 */
export class Account {
  readonly #topics: number;
  readonly #publishedAtMs: Float64Array;
  readonly #latencyMs: Float64Array;
  readonly #missing: Uint8Array;
  readonly #isBacklog: Uint8Array;
  readonly #told = new Map<number, Told>();
  #firstHeartbeatAtMs = Number.POSITIVE_INFINITY;
  #published = 0;
  #twice = 0;
  #corrupted = 0;
  #reported = 0;
  #misreported = 0;

  constructor(capacity: number, topics = 3) {
    this.#topics = topics;
    this.#publishedAtMs = new Float64Array(capacity);
    this.#latencyMs = new Float64Array(capacity).fill(Number.NaN);
    this.#missing = new Uint8Array(capacity);
    this.#isBacklog = new Uint8Array(capacity);
  }

  /** How many have been published. */
  get count(): number {
    return this.#published;
  }

  /** The next message to publish, and the topic to publish it on. */
  next(atMs: number): { readonly sample: Sample; readonly topic: string } {
    const number = this.#published;
    this.#publishedAtMs[number] = atMs;
    this.#published += 1;
    return { sample: sampleOf(number), topic: this.#topic(number) };
  }

  /** Whether a message has come. */
  hasCome(number: number): boolean {
    return !Number.isNaN(this.#latencyMs[number]);
  }

  received({ value, topic, sequence, isBacklog }: ReceivedMessage<Sample>, atMs: number): void {
    const number = Number(value?.number);
    const isKnown = Number.isInteger(number) && number >= 0 && number < this.#published;
    if (
      !isKnown ||
      value.text !== sampleOf(number).text ||
      topic !== this.#topic(number) ||
      sequence !== Math.floor(number / this.#topics)
    ) {
      this.#corrupted += 1;
    } else if (this.hasCome(number)) this.#twice += 1;
    else {
      this.#latencyMs[number] = atMs - (this.#publishedAtMs[number] as number);
      this.#isBacklog[number] = Number(isBacklog);
    }
  }

  gap({ topic = "", sequence, missing, last }: Omit<Gap, "feed">): void {
    const turn = turnOf(topic);
    this.#reported += missing;
    let marked = 0;
    for (let each = sequence; marked < missing && each <= (last ?? sequence + missing - 1); each += 1) {
      const number = each * this.#topics + turn;
      // Where gaps are told as one, some in between have come.
      if (last !== undefined && (this.hasCome(number) || this.#missing[number] === 1)) continue;
      if (!(number < this.#published) || this.#missing[number] === 1) break;
      this.#missing[number] = 1;
      marked += 1;
    }
    this.#misreported += missing - marked;
  }

  /** Notes what a heartbeat that came says. */
  heartbeat(topics: readonly HeartbeatTopic[], atMs: number): void {
    this.#firstHeartbeatAtMs = Math.min(this.#firstHeartbeatAtMs, atMs);
    for (const { topic = "", lastSequence } of topics) {
      const turn = turnOf(topic);
      const told = this.#told.get(turn) ?? { namedAtMs: atMs, lastSequence: -1, atMs };
      if (lastSequence > told.lastSequence) Object.assign(told, { lastSequence, atMs });
      this.#told.set(turn, told);
    }
  }

  /** `endMs`: when the receiver was closed; absent where heartbeats are not noted. */
  balance(endMs: number = Number.NEGATIVE_INFINITY): Balance {
    const latenciesMs = this.#latencyMs.slice(0, this.#published);
    const first = new Array<number>(this.#topics).fill(Number.POSITIVE_INFINITY);
    const last = new Array<number>(this.#topics).fill(-1);
    for (const [number, latencyMs] of latenciesMs.entries()) {
      const turn = number % this.#topics;
      if (Number.isNaN(latencyMs)) continue;
      if (this.#isBacklog[number] === 0) first[turn] = Math.min(first[turn] as number, number);
      last[turn] = number;
    }
    let misreported = this.#misreported;
    let unreported = 0;
    let unreportedBefore = 0;
    let unreportedBehind = 0;
    let unreportedTopics = 0;
    let unreportedInSpite = 0;
    const turns = Array.from({ length: this.#topics }, (_, turn) => this.#promised(turn, endMs));
    const lostInBlocks = new Uint16Array(Math.ceil(this.#published / messagesPerBlock));
    for (const [number, latencyMs] of latenciesMs.entries()) {
      const turn = number % this.#topics;
      if (!Number.isNaN(latencyMs)) {
        misreported += this.#missing[number] as number;
        continue;
      }
      const block = Math.floor(number / messagesPerBlock);
      lostInBlocks[block] = (lostInBlocks[block] as number) + 1;
      if (this.#missing[number] === 1) continue;
      const { isBefore, isBehind } = turns[turn] as Promised;
      if (last[turn] === -1) {
        unreportedTopics += 1;
        if (isBefore && isBehind) unreportedInSpite += 1;
      } else if (number < (first[turn] as number)) {
        unreportedBefore += 1;
        if (isBefore) unreportedInSpite += 1;
      } else if (number > (last[turn] as number)) {
        unreportedBehind += 1;
        if (isBehind) unreportedInSpite += 1;
      } else unreported += 1;
    }
    const came = latenciesMs.filter((latencyMs) => !Number.isNaN(latencyMs)).sort();
    return {
      published: this.#published,
      delivered: came.length,
      twice: this.#twice,
      corrupted: this.#corrupted,
      reported: this.#reported,
      misreported,
      unreported,
      unreportedAtEdges: unreportedBefore + unreportedBehind + unreportedTopics,
      unreportedBefore,
      unreportedBehind,
      unreportedTopics,
      unreportedInSpite,
      latenciesMs: came,
      lostInBlocks,
    };
  }

  /** What heartbeats that came make the library promise of a topic. */
  #promised(turn: number, endMs: number): Promised {
    const told = this.#told.get(turn);
    if (told === undefined) return { isBefore: false, isBehind: false };
    const count = Math.ceil((this.#published - turn) / this.#topics);
    const wasThere = this.#firstHeartbeatAtMs < (this.#publishedAtMs[turn] ?? 0);
    return {
      isBefore: wasThere && told.namedAtMs <= endMs - gapAfterMs,
      isBehind: told.lastSequence >= count - 1 && told.atMs <= endMs - gapAfterMs,
    };
  }

  #topic(number: number): string {
    return `topic ${number % this.#topics}`;
  }
}

/** Whether the library promises to report what was lost of a topic before the first and behind the last that came. */
interface Promised {
  readonly isBefore: boolean;
  readonly isBehind: boolean;
}

/** What breaks a promise of the library, in words; empty when none is broken. */
export function breaches(balance: Balance): string[] {
  const { twice, corrupted, misreported, unreported, unreportedInSpite } = balance;
  const counts = {
    twice,
    corrupted,
    misreported,
    unreported,
    "unreported in spite of heartbeats that came": unreportedInSpite,
  };
  return Object.entries(counts)
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${count} ${name}`);
}

/**
 * Standard error of how many of a balance's messages are lost, from how its blocks differ: messages that share packets
 * are lost together. Not below that of losses by themselves.
 */
export function standardErrorOfLost({ published, delivered, lostInBlocks }: Balance): number {
  const lost = published - delivered;
  const mean = lost / lostInBlocks.length;
  const squares = lostInBlocks.reduce((sum, inBlock) => sum + (inBlock - mean) ** 2, 0);
  const together = Math.sqrt((squares * lostInBlocks.length) / Math.max(1, lostInBlocks.length - 1));
  return Math.max(together, Math.sqrt(Math.max(1, lost) * (1 - lost / Math.max(1, published))));
}

/** Text of 20 to 60 letters that is of its number alone. */
function sampleOf(number: number): Sample {
  return { number, text: `${number}:`.padEnd(20 + ((number * 7) % 41), "lorem ipsum dolor ") };
}

function turnOf(topic: string): number {
  return Number(topic.slice("topic ".length));
}
