import type { GapWatch } from "./gap-watch.ts";

interface Held<M> {
  readonly sequence: number;
  readonly bytes: number;
  readonly deadlineMs: number;
  readonly message: M;
}

interface Line<M> {
  /** The last that was delivered, undefined before the first. */
  last: number | undefined;
  /** By sequence. */
  held: Held<M>[];
}

const maxHeld = 1024;
const maxBytes = 1_048_576;
/** Series whose place is remembered; the one silent for longest is forgotten first. */
const maxSeries = 1024;

/** Delivers the messages of each source and topic by their numbers, waiting a little for what is missing. */
export class InOrder<M> {
  readonly #timeoutMs: number;
  readonly #gaps: GapWatch;
  readonly #deliver: (message: M) => void;
  readonly #lines = new Map<string, Line<M>>();
  #held = 0;
  #bytes = 0;
  #late = 0;

  constructor(timeoutMs: number, gaps: GapWatch, deliver: (message: M) => void) {
    this.#timeoutMs = timeoutMs;
    this.#gaps = gaps;
    this.#deliver = deliver;
  }

  /** Messages that came after those behind them had been delivered, and were not delivered for that. */
  get late(): number {
    return this.#late;
  }

  /** Takes a message of so many bytes, which the watch for gaps has already seen. */
  add(series: string, sequence: number, bytes: number, message: M, nowMs: number): void {
    const line = this.#lines.get(series) ?? { last: undefined, held: [] };
    this.#lines.delete(series);
    this.#lines.set(series, line);
    let at = line.held.length;
    while (at > 0 && (((line.held[at - 1] as Held<M>).sequence - sequence) | 0) > 0) at -= 1;
    const before = at > 0 ? (line.held[at - 1] as Held<M>).sequence : line.last;
    if (before !== undefined && ((sequence - before) | 0) <= 0) {
      this.#late += 1;
      return;
    }
    line.held.splice(at, 0, { sequence, bytes, deadlineMs: nowMs + this.#timeoutMs, message });
    this.#held += 1;
    this.#bytes += bytes;
    if (this.#lines.size > maxSeries) this.#forgetOldest();
    this.#release(series, line, nowMs);
    while (this.#held > maxHeld || this.#bytes > maxBytes) this.#releaseLongest(nowMs);
  }

  /** Delivers what is no longer waited for. */
  sweep(nowMs: number): void {
    for (const [series, line] of this.#lines) if (line.held.length > 0) this.#release(series, line, nowMs);
  }

  /** When something may be due next; Infinity when nothing is held. */
  nextDeadlineMs(): number {
    let earliestMs = Number.POSITIVE_INFINITY;
    if (this.#held === 0) return earliestMs;
    for (const { held } of this.#lines.values()) {
      for (const { deadlineMs } of held) earliestMs = Math.min(earliestMs, deadlineMs);
    }
    return earliestMs;
  }

  clear(): void {
    this.#lines.clear();
    this.#held = 0;
    this.#bytes = 0;
  }

  #release(series: string, line: Line<M>, nowMs: number): void {
    let due = line.held.findLastIndex(({ deadlineMs }) => deadlineMs <= nowMs);
    for (;;) {
      const [first] = line.held;
      if (first === undefined) return;
      if (this.#gaps.isWaitingBefore(series, first.sequence)) {
        if (due < 0) return;
        this.#gaps.giveUpBefore(series, first.sequence);
      }
      // What a listener does in the meantime may have changed the line.
      if (line.held[0] !== first) continue;
      this.#take(line);
      due -= 1;
      this.#deliver(first.message);
    }
  }

  #take(line: Line<M>): void {
    const first = line.held.shift() as Held<M>;
    line.last = first.sequence;
    this.#held -= 1;
    this.#bytes -= first.bytes;
  }

  /** Makes room: the line whose first message waits for longest goes on without what it waits for. */
  #releaseLongest(nowMs: number): void {
    let longest: [string, Line<M>] | undefined;
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const [series, line] of this.#lines) {
      const deadlineMs = line.held[0]?.deadlineMs ?? Number.POSITIVE_INFINITY;
      if (deadlineMs < earliestMs) {
        earliestMs = deadlineMs;
        longest = [series, line];
      }
    }
    if (longest === undefined) return;
    const [series, line] = longest;
    this.#gaps.giveUpBefore(series, (line.held[0] as Held<M>).sequence);
    this.#release(series, line, nowMs);
  }

  #forgetOldest(): void {
    const [oldest] = this.#lines;
    if (oldest === undefined) return;
    const [series, line] = oldest;
    this.#lines.delete(series);
    const { held } = line;
    if (held.length > 0) this.#gaps.giveUpBefore(series, (held.at(-1) as Held<M>).sequence);
    while (held.length > 0) {
      const { message } = held[0] as Held<M>;
      this.#take(line);
      this.#deliver(message);
    }
  }
}
