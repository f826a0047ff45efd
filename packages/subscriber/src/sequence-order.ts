import { BoundedMap } from "@inband/stream";
import type { GapWatch } from "./gap-watch.ts";
import type { Incoming } from "./incoming.ts";
import type { MessageOrder } from "./message-order.ts";
import { never } from "./never.ts";
import { type Numbering, stepTo } from "./numbering.ts";
import { maxSeries } from "./series-key.ts";

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

/**
 * Delivers the messages of a topic as their source numbered them. A missing one is waited for, then `gap` reports it; if it
 * arrives after that, it is not delivered and `late` reports it.
 */
export class SequenceOrder<M> implements MessageOrder<M> {
  readonly #timeoutMs: number;
  readonly #gaps: GapWatch;
  readonly #late: (message: M) => void;
  readonly #lines = new BoundedMap<string, Line<M>>(maxSeries, (line, series) => this.#pushedOut.push([series, line]));
  readonly #pushedOut: [series: string, line: Line<M>][] = [];
  #held = 0;
  #bytes = 0;

  constructor(timeoutMs: number, gaps: GapWatch, late: (message: M) => void) {
    this.#timeoutMs = timeoutMs;
    this.#gaps = gaps;
    this.#late = late;
  }

  *take({ series, sequence, body }: Incoming, message: M, nowMs: number): Generator<M> {
    if (series === undefined) {
      yield message;
      return;
    }
    const line = this.#lines.get(series) ?? { highest: sequence, heardMs: nowMs, last: undefined, held: [] };
    this.#lines.renew(series, line);
    for (const forgotten of this.#pushedOut.splice(0)) yield* this.#releaseUpTo(-1, ...forgotten, nowMs);
    const { stray } = line;
    const step = stepTo(line, sequence, nowMs);
    // Nobody knows where in the order it belongs.
    if (step === undefined) {
      yield message;
      return;
    }
    if (line.stray !== stray) {
      yield* this.#releaseUpTo(-1, series, line, nowMs);
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
    const bytes = body.length;
    line.held.splice(at, 0, { sequence, bytes, deadlineMs: nowMs + this.#timeoutMs, message });
    this.#held += 1;
    this.#bytes += bytes;
    yield* this.#release(series, line, nowMs);
    while (this.#held > maxHeld || this.#bytes > maxBytes) yield* this.#releaseLongest(nowMs);
  }

  *due(nowMs: number): Generator<M> {
    for (const [series, line] of this.#lines) if (line.held.length > 0) yield* this.#release(series, line, nowMs);
  }

  nextDeadlineMs(): number {
    let earliestMs = never;
    if (this.#held === 0) return earliestMs;
    for (const { held } of this.#lines.values()) {
      for (const { deadlineMs } of held) earliestMs = Math.min(earliestMs, deadlineMs);
    }
    return earliestMs;
  }

  *#release(series: string, line: Line<M>, nowMs: number): Generator<M> {
    let due = line.held.findLastIndex(({ deadlineMs }) => deadlineMs <= nowMs);
    for (;;) {
      const [first] = line.held;
      if (first === undefined) return;
      if (this.#gaps.isWaitingBefore(series, first.sequence)) {
        if (due < 0) return;
        this.#gaps.giveUpBefore(series, first.sequence);
      }
      // A listener may have changed the line meanwhile.
      if (line.held[0] !== first) continue;
      line.held.shift();
      line.last = first.sequence;
      this.#held -= 1;
      this.#bytes -= first.bytes;
      due -= 1;
      yield first.message;
    }
  }

  /** Makes room: the line whose first message has waited longest goes on without what it waits for. */
  *#releaseLongest(nowMs: number): Generator<M> {
    const deadlineOf = ([, line]: [string, Line<M>]): number => line.held[0]?.deadlineMs ?? never;
    const [first, ...others] = this.#lines as Iterable<[string, Line<M>]>;
    if (first === undefined) return;
    const longest = others.reduce((one, other) => (deadlineOf(other) < deadlineOf(one) ? other : one), first);
    yield* this.#releaseUpTo(0, ...longest, nowMs);
  }

  /** Goes on without what the message at this index of a line waits for, if there is one. */
  *#releaseUpTo(index: number, series: string, line: Line<M>, nowMs: number): Generator<M> {
    const message = line.held.at(index);
    if (message === undefined) return;
    this.#gaps.giveUpBefore(series, message.sequence);
    yield* this.#release(series, line, nowMs);
  }
}
