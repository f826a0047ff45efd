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
  highest: number;
  missing: Missing[];
}

/** Series (a source and a topic) that are watched; the one silent for longest is forgotten first. */
const maxSeries = 1024;
/** Runs of missing messages that one series waits for; the oldest is given up first. */
const maxRuns = 64;

/** Watches the sequence numbers of every source and topic, and says which never came. */
export class GapWatch {
  readonly #timeoutMs: number;
  readonly #gap: (gap: Gap) => void;
  readonly #series = new Map<string, Series>();
  /** Not after the first deadline: it is asked for with every message, and looking at all of them would take too long. */
  #earliestMs = Number.POSITIVE_INFINITY;

  constructor(timeoutMs: number, gap: (gap: Gap) => void) {
    this.#timeoutMs = timeoutMs;
    this.#gap = gap;
  }

  /** Notes that a message has come. The first of a series is where the watch begins. */
  came(group: string, source: number, topic: string | undefined, sequence: number, nowMs: number): void {
    const key = JSON.stringify([group, source, topic ?? null]);
    const series = this.#series.get(key) ?? { source, topic, highest: sequence, missing: [] };
    this.#series.delete(key);
    this.#series.set(key, series);
    if (this.#series.size > maxSeries) {
      const [oldest] = this.#series;
      if (oldest !== undefined) {
        this.#series.delete(oldest[0]);
        for (const run of oldest[1].missing) this.#giveUp(oldest[1], run);
      }
    }
    const ahead = (sequence - series.highest) | 0;
    if (ahead <= 0) fill(series, sequence);
    else {
      if (ahead > 1) {
        const first = (series.highest + 1) >>> 0;
        const deadlineMs = nowMs + this.#timeoutMs;
        series.missing.push({ first, count: ahead - 1, deadlineMs });
        this.#earliestMs = Math.min(this.#earliestMs, deadlineMs);
      }
      series.highest = sequence;
    }
    // One that comes late may leave two runs of one.
    if (series.missing.length > maxRuns) this.#giveUp(series, series.missing.shift() as Missing);
  }

  /** Gives up what has been missing for too long. */
  sweep(nowMs: number): void {
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

  #giveUp({ source, topic }: Series, { first, count }: Missing): void {
    this.#gap({ source, topic, sequence: first, missing: count });
  }
}

/** Takes a late one out of the run that it was missing from. */
function fill(series: Series, sequence: number): void {
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
