import type { SingleBar } from "cli-progress";

/** A shorter time shows nothing. */
const firstShownMs = 500;
const mebibyte = 1 << 20;

/** A bar on the standard error that shows how far a long file has been read; nothing where that is no terminal. */
export class Progress implements Disposable {
  readonly #sizeBytes: number;
  readonly #readBytes: () => number;
  #timer: NodeJS.Timeout | undefined;
  #bar: SingleBar | undefined;

  constructor(sizeBytes: number | undefined, readBytes: () => number) {
    this.#sizeBytes = sizeBytes ?? 0;
    this.#readBytes = readBytes;
    if (process.stderr.isTTY && this.#sizeBytes > 0) this.#timer = setTimeout(() => void this.#show(), firstShownMs);
  }

  async #show(): Promise<void> {
    const { Format, Presets, SingleBar } = (await import("cli-progress")).default;
    if (this.#timer === undefined) return;
    const format = "{bar} {percentage}%  {value}/{total} MiB  {eta_formatted} left";
    const bar = new SingleBar(
      { format, stream: process.stderr, clearOnComplete: true, hideCursor: true, formatBar: Format.BarFormat },
      Presets.shades_classic,
    );
    bar.start(Math.ceil(this.#sizeBytes / mebibyte), 0);
    this.#bar = bar;
    this.#timer = setInterval(() => bar.update(Math.floor(this.#readBytes() / mebibyte)), 100);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#bar?.stop();
  }
}
