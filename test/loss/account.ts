import type { Gap, ReceivedMessage } from "@inband/subscriber";

/** What a laboratory publishes: enough to know it again. */
export interface Sample {
  readonly number: number;
  readonly text: string;
}

interface Published {
  readonly sample: Sample;
  readonly topic: string;
  readonly sequence: number;
  readonly atMs: number;
}

interface Delivered {
  readonly atMs: number;
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
  /** Messages lost and not reported between the first and the last that came of their topic; has to be 0. */
  readonly unreported: number;
  /** Messages lost and not reported before the first or after the last that came of their topic. */
  readonly unreportedAtEdges: number;
  /** From `publish` to the listener, in milliseconds, ascending. */
  readonly latenciesMs: readonly number[];
}

/** Keeps the account of every message: what was published, what came, what was reported missing. */
export class Account {
  readonly #published = new Map<string, Published>();
  readonly #sequences = new Map<string, number>();
  readonly #delivered = new Map<string, Delivered>();
  readonly #missing = new Map<string, number>();
  #twice = 0;
  #corrupted = 0;
  #reported = 0;

  /** The next sample: its text is of its number, of 20 to 60 letters. */
  sample(number: number): Sample {
    return { number, text: `${number}:`.padEnd(20 + ((number * 7) % 41), "lorem ipsum dolor ") };
  }

  published(id: string, sample: Sample, topic: string, atMs: number): void {
    const sequence = this.#sequences.get(topic) ?? 0;
    this.#sequences.set(topic, sequence + 1);
    this.#published.set(id, { sample, topic, sequence, atMs });
  }

  received(message: ReceivedMessage<Sample>, atMs: number): void {
    const published = this.#published.get(message.id);
    if (published === undefined || !isEqual(message, published)) {
      this.#corrupted += 1;
      return;
    }
    if (this.#delivered.has(message.id)) this.#twice += 1;
    else this.#delivered.set(message.id, { atMs });
  }

  gap({ topic = "", sequence, missing }: Gap): void {
    this.#reported += missing;
    for (let index = 0; index < missing; index += 1) {
      const key = `${topic} ${(sequence + index) >>> 0}`;
      this.#missing.set(key, (this.#missing.get(key) ?? 0) + 1);
    }
  }

  balance(): Balance {
    const edges = new Map<string, { first: number; last: number }>();
    for (const id of this.#delivered.keys()) {
      const { topic, sequence } = this.#published.get(id) as Published;
      const edge = edges.get(topic);
      if (edge === undefined) edges.set(topic, { first: sequence, last: sequence });
      else {
        edge.first = Math.min(edge.first, sequence);
        edge.last = Math.max(edge.last, sequence);
      }
    }
    const latenciesMs: number[] = [];
    let unreported = 0;
    let unreportedAtEdges = 0;
    let reportedLost = 0;
    for (const [id, { topic, sequence, atMs }] of this.#published) {
      const delivered = this.#delivered.get(id);
      if (delivered !== undefined) {
        latenciesMs.push(delivered.atMs - atMs);
        continue;
      }
      const edge = edges.get(topic);
      if (this.#missing.has(`${topic} ${sequence}`)) reportedLost += 1;
      else if (edge !== undefined && sequence > edge.first && sequence < edge.last) unreported += 1;
      else unreportedAtEdges += 1;
    }
    return {
      published: this.#published.size,
      delivered: this.#delivered.size,
      twice: this.#twice,
      corrupted: this.#corrupted,
      reported: this.#reported,
      misreported: this.#reported - reportedLost,
      unreported,
      unreportedAtEdges,
      latenciesMs: latenciesMs.sort((a, b) => a - b),
    };
  }
}

/** What breaks a promise of the library, in words; empty when none is broken. */
export function breaches(balance: Balance): string[] {
  const { twice, corrupted, misreported, unreported } = balance;
  return Object.entries({ twice, corrupted, misreported, unreported })
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${count} ${name}`);
}

/** The value below which a share of ascending values lies; 0 where there are none. */
export function percentile(values: readonly number[], share: number): number {
  return values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
}

function isEqual({ value, topic, sequence }: ReceivedMessage<Sample>, published: Published): boolean {
  const { sample } = published;
  return (
    value?.number === sample.number &&
    value.text === sample.text &&
    topic === published.topic &&
    sequence === published.sequence
  );
}
