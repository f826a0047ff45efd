import { type HeartbeatTopic, maxHeartbeatTopics } from "@inband/wire";
import { sourceKey, topicKey } from "./series-key.ts";

/** Messages that were published and did not come. */
export interface Gap {
  readonly source: number;
  readonly topic: string | undefined;
  /** The first that is missing. */
  readonly sequence: number;
  /** How many are missing in a row, this one included. */
  readonly missing: number;
}

interface Missing {
  first: number;
  count: number;
  readonly deadlineMs: number;
}

interface Series {
  readonly source: number;
  readonly topic: string | undefined;
  readonly sourceKey: string;
  highest: number;
  missing: Missing[];
}

/** Series (a source and a topic) that are watched; the one silent for longest is forgotten first. */
const maxSeries = 1024;
/** Runs of missing messages that one series waits for; the oldest is given up first. */
const maxRuns = 64;
/** Sources whose heartbeats are known; the one silent for longest is forgotten first. */
const maxSources = 1024;
/** A heartbeat of more bytes may have left topics out for want of room: it has to fit one SEI NAL unit of 1100. */
const roomyBytes = 512;
/** More messages than a topic gets between two heartbeats: one that has come so far is not new, whatever was not said. */
const maxUnheard = 1024;
/** The number before the first. */
const none = 0xffff_ffff;

/** One heartbeat. */
export interface Heartbeat {
  readonly source: number;
  readonly topics: readonly HeartbeatTopic[];
  /** Of its body. */
  readonly bytes: number;
  /** Whether the source was not there before this heartbeat, so that all it has published was meant for this receiver. */
  readonly isFirst: boolean;
}

/**
 * Watches the sequence numbers of every source and topic, and says which never came.
 *
 * What was published before the watch began is not missing: it begins with the first message of a series or the first
 * heartbeat that names it. A topic that the heartbeats of its source did not have before is new, and watched from its
 * first message on.
 */
export class GapWatch {
  readonly #timeoutMs: number;
  readonly #gap: (gap: Gap) => void;
  readonly #series = new Map<string, Series>();
  /** Whether every topic that the source had at its last heartbeat is watched. */
  readonly #isComplete = new Map<string, boolean>();
  /** Not after the first deadline: it is asked for with every message, and looking at all of them would take too long. */
  #earliestMs = Number.POSITIVE_INFINITY;

  constructor(timeoutMs: number, gap: (gap: Gap) => void) {
    this.#timeoutMs = timeoutMs;
    this.#gap = gap;
  }

  /** Notes that a message has come. One that is retained may be old, so that it does not begin the watch of its topic. */
  came(
    group: string,
    source: number,
    topic: string | undefined,
    sequence: number,
    isRetained: boolean,
    nowMs: number,
  ): void {
    const begin = isRetained ? undefined : (sequence - 1) >>> 0;
    const series = this.#touch(group, source, topic, sequence, begin);
    if (series === undefined) return;
    if (((sequence - series.highest) | 0) <= 0) withdraw(series, sequence);
    else {
      this.#miss(series, (sequence - 1) >>> 0, nowMs);
      series.highest = sequence;
    }
    // One that comes late may leave two runs of one.
    if (series.missing.length > maxRuns) this.#giveUp(series, series.missing.shift() as Missing);
  }

  /** Notes what a source says that it has published. */
  heartbeat(group: string, { source, topics, bytes, isFirst }: Heartbeat, nowMs: number): void {
    const key = sourceKey(group, source);
    if (isFirst && !this.#isComplete.has(key)) this.#isComplete.set(key, true);
    for (const { topic, lastSequence, withdrawn } of topics) {
      const series = this.#touch(group, source, topic, lastSequence, lastSequence);
      if (series === undefined) continue;
      this.#miss(series, lastSequence, nowMs);
      for (const sequence of withdrawn) withdraw(series, sequence);
      while (series.missing.length > maxRuns) this.#giveUp(series, series.missing.shift() as Missing);
    }
    this.#isComplete.delete(key);
    this.#isComplete.set(key, topics.length < maxHeartbeatTopics && bytes <= roomyBytes);
    if (this.#isComplete.size > maxSources) this.#isComplete.delete(this.#isComplete.keys().next().value as string);
  }

  /** Whether a message that comes before this one is missing and not yet given up. */
  isWaitingBefore(series: string, sequence: number): boolean {
    const missing = this.#series.get(series)?.missing ?? [];
    return missing.some(({ first }) => ((sequence - first) | 0) > 0);
  }

  /** Gives up what is missing before a message. */
  giveUpBefore(key: string, sequence: number): void {
    const series = this.#series.get(key);
    if (series === undefined) return;
    const late = series.missing.filter(({ first }) => ((sequence - first) | 0) > 0);
    series.missing = series.missing.filter((run) => !late.includes(run));
    for (const run of late) this.#giveUp(series, run);
  }

  /** Gives up what has been missing for too long. */
  sweep(nowMs: number): void {
    if (nowMs < this.#earliestMs) return;
    this.#earliestMs = Number.POSITIVE_INFINITY;
    for (const series of this.#series.values()) {
      const late = series.missing.filter(({ deadlineMs }) => deadlineMs <= nowMs);
      if (late.length > 0) series.missing = series.missing.filter(({ deadlineMs }) => deadlineMs > nowMs);
      for (const { deadlineMs } of series.missing) this.#earliestMs = Math.min(this.#earliestMs, deadlineMs);
      for (const run of late) this.#giveUp(series, run);
    }
  }

  /** When there may be something to give up next; Infinity when nothing is missing. */
  nextDeadlineMs(): number {
    return this.#earliestMs;
  }

  /** The series, made where it is not yet watched and it is known from where on. */
  #touch(
    group: string,
    source: number,
    topic: string | undefined,
    sequence: number,
    begin: number | undefined,
  ): Series | undefined {
    const key = topicKey(group, source, topic);
    const owner = sourceKey(group, source);
    let series = this.#series.get(key);
    if (series === undefined) {
      const highest = this.#isComplete.get(owner) && sequence < maxUnheard ? none : begin;
      if (highest === undefined) return undefined;
      series = { source, topic, sourceKey: owner, highest, missing: [] };
    }
    this.#series.delete(key);
    this.#series.set(key, series);
    if (this.#series.size > maxSeries) {
      const [oldest] = this.#series;
      if (oldest !== undefined) this.#forget(...oldest);
    }
    return series;
  }

  #forget(key: string, series: Series): void {
    this.#series.delete(key);
    // A heartbeat that names it again must not make it a new topic.
    if (this.#isComplete.has(series.sourceKey)) this.#isComplete.set(series.sourceKey, false);
    for (const run of series.missing) this.#giveUp(series, run);
  }

  /** Notes that everything up to and with this number was published. */
  #miss(series: Series, last: number, nowMs: number): void {
    const count = (last - series.highest) | 0;
    if (count <= 0) return;
    const deadlineMs = nowMs + this.#timeoutMs;
    series.missing.push({ first: (series.highest + 1) >>> 0, count, deadlineMs });
    series.highest = last;
    this.#earliestMs = Math.min(this.#earliestMs, deadlineMs);
  }

  #giveUp({ source, topic }: Series, { first, count }: Missing): void {
    this.#gap({ source, topic, sequence: first, missing: count });
  }
}

/** Takes one out of the run that it was missing from. */
function withdraw(series: Series, sequence: number): void {
  for (const [index, run] of series.missing.entries()) {
    const offset = (sequence - run.first) >>> 0;
    if (offset >= run.count) continue;
    const { deadlineMs } = run;
    const before: Missing = { first: run.first, count: offset, deadlineMs };
    const after: Missing = { first: (sequence + 1) >>> 0, count: run.count - offset - 1, deadlineMs };
    series.missing.splice(index, 1, ...[before, after].filter(({ count }) => count > 0));
    return;
  }
}
