import type { AccessUnit } from "@inband/h264";
import { type MediaSink, openSink } from "@inband/media";

/** Anything that takes access units as they are: a `MediaSink`, a `WeriftVideo`, what you make. */
export interface AccessUnitOutput {
  write(accessUnit: AccessUnit): void;
}

/** What an output has done. */
export interface OutputStats {
  /** `connecting` until it takes pictures, and again after it was lost. */
  readonly state: "connecting" | "streaming" | "closed";
  readonly frames: number;
  readonly bytes: number;
  /** Pictures that came while it took none. */
  readonly missed: number;
  readonly reconnections: number;
}

/** What a `UrlOutput` tells. */
export interface UrlOutputEvents {
  connected(): void;
  /** It cannot be opened, or was lost; another attempt follows. */
  failed(error: Error): void;
}

/** The pause before another attempt, in milliseconds: doubled from one to the next, a quarter more or less. */
const pauses = { firstMs: 250, longestMs: 4000, spread: 0.25 } as const;

/**
 * An output by its address, which is opened again whenever it is lost. Pictures that come meanwhile are missed: it goes on
 * with a key frame.
 */
export class UrlOutput implements AccessUnitOutput {
  readonly #url: string;
  readonly #events: UrlOutputEvents;
  readonly #requestKeyFrame: () => void;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #sink: MediaSink | undefined;
  #frames = 0;
  #bytes = 0;
  #missed = 0;
  #connections = 0;

  constructor(url: string, requestKeyFrame: () => void, events: UrlOutputEvents) {
    this.#url = url;
    this.#requestKeyFrame = requestKeyFrame;
    this.#events = events;
    this.#running = this.#run();
  }

  write(accessUnit: AccessUnit): void {
    if (this.#sink === undefined) {
      this.#missed += 1;
      return;
    }
    this.#sink.write(accessUnit);
    this.#frames += 1;
    for (const nal of accessUnit.nalUnits) this.#bytes += nal.byteLength;
  }

  stats(): OutputStats {
    const isClosed = this.#closing.signal.aborted;
    return {
      state: isClosed ? "closed" : this.#sink === undefined ? "connecting" : "streaming",
      ...{ frames: this.#frames, bytes: this.#bytes, missed: this.#missed },
      reconnections: Math.max(0, this.#connections - 1),
    };
  }

  /** Ends it in order: what was written reaches the other side. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        const sink = await openSink(this.#url, { signal });
        this.#sink = sink;
        this.#connections += 1;
        failures = 0;
        this.#events.connected();
        this.#requestKeyFrame();
        await ended(sink.lost, signal);
        this.#sink = undefined;
        await sink[Symbol.asyncDispose]();
        if (!signal.aborted) this.#events.failed(errorOf(sink.lost.reason));
      } catch (error) {
        if (!signal.aborted) this.#events.failed(errorOf(error));
      }
      if (!signal.aborted) await pause(pauseMs(failures), signal);
    }
  }
}

/** Resolves when one of them is aborted. */
function ended(...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const any = AbortSignal.any([...signals]);
    if (any.aborted) resolve();
    else any.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await ended(signal, AbortSignal.timeout(ms));
}

function pauseMs(failures: number): number {
  const { firstMs, longestMs, spread } = pauses;
  return Math.round(Math.min(longestMs, firstMs * 2 ** failures) * (1 + spread * (2 * Math.random() - 1)));
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
