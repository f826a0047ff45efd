import type { GapWatch } from "./gap-watch.ts";
import { keepNewest } from "./keep-newest.ts";
import { never } from "./never.ts";
import { type Numbering, stepTo } from "./numbering.ts";

interface Held<M> {
  readonly sequence: number;
  readonly bytes: number;
  readonly deadlineMs: number;
  readonly message: M;
}

interface Line<M> extends Numbering {
  /** The last that was delivered, undefined before the first. */
  last: number | undefined;
  /** By sequence. */
  held: Held<M>[];
}

const maxHeld = 1024;
const maxBytes = 1_048_576;

/** Delivers the messages of each source and topic by their numbers, waiting a little for what is missing. */
export class InOrder<M> {
  readonly #timeoutMs: number;
  readonly #gaps: GapWatch;
  readonly #deliver: (message: M) => void;
  readonly #late: (message: M) => void;
  readonly #lines = new Map<string, Line<M>>();
  #held = 0;
  #bytes = 0;

  /** `late` gets the messages that come after those behind them were delivered, and are not delivered for that. */
  constructor(timeoutMs: number, gaps: GapWatch, deliver: (message: M) => void, late: (message: M) => void) {
    this.#timeoutMs = timeoutMs;
    this.#gaps = gaps;
    this.#deliver = deliver;
    this.#late = late;
  }

  /** Takes a message of so many bytes, which the watch for gaps has already seen. */
  add(series: string, sequence: number, bytes: number, message: M, nowMs: number): void {
    const line = this.#lines.get(series) ?? { highest: sequence, heardMs: nowMs, last: undefined, held: [] };
    const forgotten = keepNewest(this.#lines, series, line);
    if (forgotten !== undefined) this.#releaseUpTo(-1, ...forgotten, nowMs);
    const { stray } = line;
    const step = stepTo(line, sequence, nowMs);
    // Nobody knows what it stands before or behind.
    if (step === undefined) {
      this.#deliver(message);
      return;
    }
    if (line.stray !== stray) {
      this.#releaseUpTo(-1, series, line, nowMs);
      line.last = stray;
    }
    if (step > 0) line.highest = sequence;
    let at = line.held.length;
    while (at > 0 && (((line.held[at - 1] as Held<M>).sequence - sequence) | 0) > 0) at -= 1;
    const before = at > 0 ? (line.held[at - 1] as Held<M>).sequence : line.last;
    if (before !== undefined && ((sequence - before) | 0) <= 0) {
      this.#late(message);
      return;
    }
    line.held.splice(at, 0, { sequence, bytes, deadlineMs: nowMs + this.#timeoutMs, message });
    this.#held += 1;
    this.#bytes += bytes;
    this.#release(series, line, nowMs);
    while (this.#held > maxHeld || this.#bytes > maxBytes) this.#releaseLongest(nowMs);
  }

  /** Delivers what is no longer waited for. */
  sweep(nowMs: number): void {
    for (const [series, line] of this.#lines) if (line.held.length > 0) this.#release(series, line, nowMs);
  }

  /** When something may be due next; Infinity when nothing is held. */
  nextDeadlineMs(): number {
    let earliestMs = never;
    if (this.#held === 0) return earliestMs;
    for (const { held } of this.#lines.values()) {
      for (const { deadlineMs } of held) earliestMs = Math.min(earliestMs, deadlineMs);
    }
    return earliestMs;
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
      line.held.shift();
      line.last = first.sequence;
      this.#held -= 1;
      this.#bytes -= first.bytes;
      due -= 1;
      this.#deliver(first.message);
    }
  }

  /** Makes room: the line whose first message waits for longest goes on without what it waits for. */
  #releaseLongest(nowMs: number): void {
    let longest: [string, Line<M>] | undefined;
    let earliestMs = never;
    for (const [series, line] of this.#lines) {
      const deadlineMs = line.held[0]?.deadlineMs ?? never;
      if (deadlineMs < earliestMs) {
        earliestMs = deadlineMs;
        longest = [series, line];
      }
    }
    if (longest !== undefined) this.#releaseUpTo(0, ...longest, nowMs);
  }

  /** Goes on without what the message at this index of a line waits for, if there is one. */
  #releaseUpTo(index: number, series: string, line: Line<M>, nowMs: number): void {
    const message = line.held.at(index);
    if (message === undefined) return;
    this.#gaps.giveUpBefore(series, message.sequence);
    this.#release(series, line, nowMs);
  }
}
