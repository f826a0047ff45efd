/** So many times in a row, what the called code brings about is called before the event loop goes on. */
const maxRounds = 16;

/**
 * Calls something when the work at hand is done, in the order of `add`: never inside the `write` of an access unit, the
 * event of a socket or the message of a worker. The calls must not throw.
 */
export class LaterCalls {
  #calls: (() => void)[] = [];
  #rounds = 0;

  add(call: () => void): void {
    this.#calls.push(call);
    if (this.#calls.length > 1) return;
    // A listener that publishes into a full queue, and hears of that at once, must not keep the media waiting for ever.
    if (this.#rounds >= maxRounds) setTimeout(() => this.#callAll(1), 0);
    else queueMicrotask(() => this.#callAll(this.#rounds + 1));
  }

  #callAll(rounds: number): void {
    this.#rounds = rounds;
    const calls = this.#calls;
    this.#calls = [];
    for (const call of calls) call();
    if (this.#calls.length === 0) this.#rounds = 0;
  }
}
