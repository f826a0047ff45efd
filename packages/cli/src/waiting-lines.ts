import { defaultCarrierLimits } from "@inband/stream";
import type { Profile } from "@inband/wire";

/** The queue of a publisher holds 256 messages, and its receivers' side more time than bytes. */
const maxLines = 128;
/** What waits leaves within this time from a video that runs at its rate, well before it expires. */
const waitingSeconds = 2;
/** Copies that a message is settled with, and what wraps each: SEI, UUID and the fields of an envelope. */
const copies = 3;
const wrapperBytes = 100;

/**
 * The lines that have been published and not been settled: few enough that none of them finds the queue full, or expires
 * because the others take all that a stream carries.
 */
export class WaitingLines {
  readonly #maxBytes: number;
  readonly #ending: AbortSignal;
  #lines = 0;
  #bytes = 0;
  #wake: (() => void) | undefined;

  constructor(profile: Profile, ending: AbortSignal) {
    const bytesPerSecond = Math.min(defaultCarrierLimits.bytesPerSecond, profile.bytesPerSecond ?? Infinity);
    this.#maxBytes = (bytesPerSecond * waitingSeconds) / copies;
    this.#ending = ending;
    ending.addEventListener("abort", () => this.#wake?.(), { once: true });
  }

  /** Resolves when a line of `bytes` may be published, one of any size where none waits; or at the end. */
  async room(bytes: number): Promise<void> {
    const isFull = () => this.#lines >= maxLines || this.#bytes + bytes + wrapperBytes > this.#maxBytes;
    while (this.#lines > 0 && isFull() && !this.#ending.aborted) await this.#change();
  }

  /** Takes a line that has been published, until it is settled. */
  async add(bytes: number, settled: Promise<void>): Promise<void> {
    this.#lines += 1;
    this.#bytes += bytes + wrapperBytes;
    await settled;
    this.#lines -= 1;
    this.#bytes -= bytes + wrapperBytes;
    this.#wake?.();
  }

  /** Resolves when every line is settled, or at the end. */
  async all(): Promise<void> {
    while (this.#lines > 0 && !this.#ending.aborted) await this.#change();
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}
