/**
 * Calls code of the application when the work at hand is done, in the order of `add`: never inside the `write` of an
 * access unit, the event of a socket or the message of a worker. The calls must not throw.
 */
export class LaterCalls {
  #calls: (() => void)[] = [];
  #isCalling = false;

  add(call: () => void): void {
    this.#calls.push(call);
    if (this.#calls.length > 1) return;
    // What the called code brings about waits for the next turn of the event loop: a listener that publishes into a full
    // queue, and hears of that at once, must not keep the media waiting for ever.
    if (this.#isCalling) setTimeout(() => this.#callAll(), 0);
    else queueMicrotask(() => this.#callAll());
  }

  #callAll(): void {
    const calls = this.#calls;
    this.#calls = [];
    this.#isCalling = true;
    for (const call of calls) call();
    this.#isCalling = false;
  }
}
