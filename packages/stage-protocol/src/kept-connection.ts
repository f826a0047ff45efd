/** A connection that has come about. */
export interface Connection {
  /** Resolves when it is lost, to why. Never rejects. */
  readonly lost: Promise<Error>;
  /** Ends it in order. Never rejects. */
  close(): Promise<void>;
}

/** What a `KeptConnection` tells its owner. */
export interface KeptConnectionOwner {
  /** Makes one attempt. */
  connect(signal: AbortSignal): Promise<Connection>;
  /** Whether another attempt is in vain after an error. */
  isFinal(error: Error): boolean;
  connected(): void;
  /** It was lost, or an attempt has failed; the next one begins after a pause. */
  reconnecting(error: Error): void;
  /** It is over, because of a final error. */
  failed(error: Error): void;
}

/** The pause before another attempt, in milliseconds: doubled from one to the next, a quarter more or less. */
const pauses = { firstMs: 250, longestMs: 4000, spread: 0.25 } as const;

/** A connection that is made again whenever it is lost, until it is closed or an error is final. */
export class KeptConnection {
  readonly #owner: KeptConnectionOwner;
  readonly #closing = new AbortController();
  readonly #closed: Promise<undefined>;
  readonly #running: Promise<void>;

  constructor(owner: KeptConnectionOwner) {
    this.#owner = owner;
    this.#closed = new Promise((resolve) => {
      this.#closing.signal.addEventListener("abort", () => resolve(undefined), { once: true });
    });
    this.#running = this.#run();
  }

  /** Ends it. Idempotent; never rejects. */
  close(): Promise<void> {
    this.#closing.abort();
    return this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted; failures++) {
      const error = await this.#attempt(signal, () => {
        failures = 0;
      });
      if (error === undefined || signal.aborted) return;
      if (this.#owner.isFinal(error)) {
        this.#owner.failed(error);
        return;
      }
      this.#owner.reconnecting(error);
      await this.#pause(pauseMs(failures));
    }
  }

  /** Resolves after a time, or when it is closed. */
  async #pause(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const pause = new Promise((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([pause, this.#closed]);
    clearTimeout(timer);
  }

  /** Connects once, and resolves to what ended it; to nothing when it was closed. */
  async #attempt(signal: AbortSignal, connected: () => void): Promise<Error | undefined> {
    try {
      const connection = await this.#owner.connect(signal);
      if (!signal.aborted) {
        connected();
        this.#owner.connected();
      }
      const error = await Promise.race([connection.lost, this.#closed]);
      await connection.close();
      return error;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}

function pauseMs(failures: number): number {
  const { firstMs, longestMs, spread } = pauses;
  return Math.min(longestMs, firstMs * 2 ** failures) * (1 + spread * (2 * Math.random() - 1));
}
