import { BoundedMap } from "@inband/stream";
import type { HeartbeatTopic } from "@inband/wire";
import type { Loss } from "./gap.ts";
import type { Incoming } from "./incoming.ts";
import { indexOfRun, isBefore, type MissingRun, withdraw } from "./missing-run.ts";
import { never } from "./never.ts";
import { type Numbering, stepTo } from "./numbering.ts";
import { maxSeries, topicKey } from "./series-key.ts";

interface Series extends Numbering {
  readonly source: number;
  readonly topic: string | undefined;
  missing: MissingRun[];
  /** Whether what follows `highest` is meant for this receiver. */
  isSure: boolean;
}

/** Runs of missing messages that one series waits for. The oldest is given up first. */
const maxRuns = 64;
/** Messages before the first one of a topic that arrived; it is unknown whether they were meant for this receiver. */
const maxBefore = 1024;

/**
 * Watches the sequence numbers of every source and topic of a group of feeds, and reports those that never arrived.
 *
 * What was published before the watch began is not missing. It begins with the first message of a topic, or with the
 * second heartbeat of its source: the first heartbeat may describe the time before this receiver joined. If a heartbeat
 * arrived that was sent before the topic began, the whole topic is watched.
 */
export class GapWatch {
  readonly #timeoutMs: number;
  readonly #lost: (loss: Loss) => void;
  readonly #series = new BoundedMap<string, Series>(maxSeries, (series) => this.#forget(series));
  /** The lowest sequence of the heartbeats that arrived of a source; -1 for a source that is new. */
  readonly #sources = new BoundedMap<number, number>(maxSeries);
  /** Not after the first deadline. It is read with every message, so it is not computed each time. */
  #earliestMs = never;

  constructor(timeoutMs: number, lost: (loss: Loss) => void) {
    this.#timeoutMs = timeoutMs;
    this.#lost = lost;
  }

  /** Whether a later message of its topic has arrived, and this one is not known to be meant for this receiver. */
  isStale({ series: key, sequence }: Incoming): boolean {
    const series = key === undefined ? undefined : this.#series.get(key);
    if (series === undefined || ((sequence - series.highest) | 0) > 0) return false;
    const run = series.missing[indexOfRun(series.missing, sequence)];
    return run === undefined || run.deadlineMs === never;
  }

  /**
   * Notes that a message has arrived. One that may have been published before this receiver joined does not begin the watch
   * of its topic.
   */
  arrived({ series: key, source, topic, sequence }: Incoming, isOld: boolean, nowMs: number): void {
    if (key === undefined || source === undefined) return;
    const highest = (sequence - 1 - Math.min(sequence, maxBefore)) >>> 0;
    const series = this.#series.get(key) ?? { source, topic, highest, heardMs: nowMs, missing: [], isSure: false };
    this.#series.renew(key, series);
    const step = stepTo(series, sequence, nowMs) ?? 0;
    if (step <= 0) withdraw(series.missing, sequence);
    else {
      this.#miss(series, step - 1, nowMs);
      series.highest = sequence;
    }
    if (!isOld) series.isSure = true;
    this.#bound(series);
  }

  /**
   * Notes what a source says that it has published, in its heartbeat of this sequence. `isFirst` if the source is new, so
   * that all it has published is meant for this receiver.
   */
  heartbeat(
    source: number,
    topics: readonly HeartbeatTopic[],
    sequence: number,
    isFirst: boolean,
    nowMs: number,
  ): void {
    const lowest = Math.min(this.#sources.get(source) ?? (isFirst ? -1 : sequence), sequence);
    this.#sources.renew(source, lowest);
    for (const { topic, lastSequence, withdrawn, history } of topics) {
      const key = topicKey(source, topic);
      const { pending = 0, since = -1, first = 0 } = history ?? {};
      const isWhole = Math.min(since, sequence) > lowest;
      const isSure = isWhole || sequence > lowest;
      const begin = (isWhole ? first - 1 : lastSequence + pending) >>> 0;
      let series = this.#series.get(key);
      if (series !== undefined) this.#decide(series, isWhole, isSure, begin, nowMs);
      else if (isSure) series = { source, topic, highest: begin, heardMs: nowMs, missing: [], isSure };
      else continue;
      this.#series.renew(key, series);
      this.#miss(series, stepTo(series, lastSequence, nowMs) ?? 0, nowMs);
      for (const each of withdrawn) withdraw(series.missing, each);
      this.#bound(series);
    }
  }

  /** Whether a message before this one is missing and not yet given up. */
  isWaitingBefore(series: string, sequence: number): boolean {
    return this.#series.get(series)?.missing.some((run) => isBefore(run, sequence)) ?? false;
  }

  /** Gives up what is missing before a message. */
  giveUpBefore(key: string, sequence: number): void {
    const series = this.#series.get(key);
    if (series !== undefined) this.#giveUpThose(series, (run) => isBefore(run, sequence));
  }

  /** Gives up what has been missing for too long. */
  sweep(nowMs: number): void {
    if (nowMs < this.#earliestMs) return;
    this.#earliestMs = never;
    for (const series of this.#series.values()) {
      this.#giveUpThose(series, ({ deadlineMs }) => deadlineMs <= nowMs);
      for (const { deadlineMs } of series.missing) this.#earliestMs = Math.min(this.#earliestMs, deadlineMs);
    }
  }

  /** When something may have to be given up next; Infinity while nothing is missing. */
  nextDeadlineMs(): number {
    return this.#earliestMs;
  }

  /** Decides whether what precedes the watch, or lies between retained messages, was meant for this receiver. */
  #decide(series: Series, isWhole: boolean, isSure: boolean, begin: number, nowMs: number): void {
    for (const run of series.missing.splice(0)) {
      if (run.deadlineMs < never) series.missing.push(run);
      else if (isWhole) {
        const past = Math.max(0, (begin + 1 - run.first) | 0);
        this.#await(series, run.first + past, run.count - past, nowMs + this.#timeoutMs);
      }
    }
    if (!isSure || series.isSure) return;
    series.isSure = true;
    if (!isWhole && ((begin - series.highest) | 0) > 0) series.highest = begin;
  }

  #giveUpThose(series: Series, isLate: (run: MissingRun) => boolean): void {
    const late = series.missing.filter(isLate);
    series.missing = series.missing.filter((run) => !isLate(run));
    for (const run of late) this.#giveUp(series, run);
  }

  #forget(series: Series): void {
    // A heartbeat that names it again must not restart it.
    this.#sources.renew(series.source, never);
    for (const run of series.missing) this.#giveUp(series, run);
  }

  #bound(series: Series): void {
    while (series.missing.length > maxRuns) this.#giveUp(series, series.missing.shift() as MissingRun);
  }

  /** Notes that so many messages after the highest were published too. */
  #miss(series: Series, count: number, nowMs: number): void {
    if (count <= 0) return;
    const { highest } = series;
    series.highest = (highest + count) >>> 0;
    this.#await(series, highest + 1, count, series.isSure ? nowMs + this.#timeoutMs : never);
  }

  #await(series: Series, first: number, count: number, deadlineMs: number): void {
    if (count <= 0) return;
    series.missing.push({ first: first >>> 0, count, deadlineMs });
    this.#earliestMs = Math.min(this.#earliestMs, deadlineMs);
  }

  #giveUp({ source, topic }: Series, { first, count, deadlineMs }: MissingRun): void {
    if (deadlineMs < never) this.#lost({ source, topic, sequence: first, missing: count });
  }
}
