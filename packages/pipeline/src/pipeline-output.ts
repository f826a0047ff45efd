import type { AccessUnit } from "@inband/h264";
import { MediaError, type MediaSink, openSink } from "@inband/media";
import { type Connection, KeptConnection } from "@inband/stage-protocol";

/** Anything that takes access units as they are: a `MediaSink`, a `WeriftVideo`, what you make. */
export interface AccessUnitOutput {
  write(accessUnit: AccessUnit): void;
}

/** What an output has done. */
export interface OutputStats {
  /** `connecting` until it takes pictures, and again after it was lost; `closed` where another attempt would be in vain. */
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
  /** It cannot be opened, or was lost; another attempt follows, unless it would be in vain. */
  failed(error: Error): void;
}

/**
 * An output by its address, which is opened again whenever it is lost. Pictures that come meanwhile are missed: it goes on
 * with a key frame.
 */
export class UrlOutput implements AccessUnitOutput {
  readonly #kept: KeptConnection;
  #sink: MediaSink | undefined;
  #isClosed = false;
  #frames = 0;
  #bytes = 0;
  #missed = 0;
  #connections = 0;

  constructor(url: string, requestKeyFrame: () => void, events: UrlOutputEvents) {
    this.#kept = new KeptConnection({
      connect: (signal) => this.#open(url, signal),
      isFinal: (error) => error instanceof MediaError && (error.code === "unsupported" || error.code === "unavailable"),
      connected: () => {
        this.#connections += 1;
        events.connected();
        requestKeyFrame();
      },
      reconnecting: (error) => events.failed(error),
      failed: (error) => {
        this.#isClosed = true;
        events.failed(error);
      },
    });
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
    return {
      state: this.#isClosed ? "closed" : this.#sink === undefined ? "connecting" : "streaming",
      ...{ frames: this.#frames, bytes: this.#bytes, missed: this.#missed },
      reconnections: Math.max(0, this.#connections - 1),
    };
  }

  /** Ends it in order: what was written reaches the other side. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#kept.close();
  }

  async #open(url: string, signal: AbortSignal): Promise<Connection> {
    const sink = await openSink(url, { signal });
    this.#sink = sink;
    const { lost } = sink;
    return {
      lost: new Promise((resolve) => lost.addEventListener("abort", () => resolve(lost.reason), { once: true })),
      close: async () => {
        this.#sink = undefined;
        await sink[Symbol.asyncDispose]();
      },
    };
  }
}
