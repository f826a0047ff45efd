import { WakeTimer } from "./wake-timer.ts";

/** A {@link WakeTimer} that keeps a Node process running while it is told to. */
export class HoldingTimer extends WakeTimer {
  #isHolding = false;

  /** Says whether a Node process keeps running for it. In browsers it has no effect. */
  hold(isHolding: boolean): void {
    if (isHolding === this.#isHolding) return;
    this.#isHolding = isHolding;
    this.started();
  }

  protected override started(): void {
    const timer = Object(this.timer) as { ref?(): void; unref?(): void };
    if (this.#isHolding) timer.ref?.();
    else timer.unref?.();
  }
}
