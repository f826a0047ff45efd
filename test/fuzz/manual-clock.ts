/** Makes `performance.now` tell `nowMs`, until it is disposed of. */
export class ManualClock implements Disposable {
  readonly #now = performance.now;
  nowMs: number;

  constructor(nowMs: number) {
    this.nowMs = nowMs;
    performance.now = () => this.nowMs;
  }

  [Symbol.dispose](): void {
    performance.now = this.#now;
  }
}
