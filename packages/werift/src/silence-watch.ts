import { WakeTimer } from "@inband/stream";
import type { TransportGuard } from "./transport-guard.ts";

/** A connected peer from which nothing has come for this long is taken for gone, in milliseconds. */
export const silentAfterMs = 5000;

const tickMs = 500;
const ticksUntilSilent = silentAfterMs / tickMs;

/** Ticks of silence after which the peer is asked for a sign of life, on every second one. */
const ticksUntilProbe = 4;

/** What a `SilenceWatch` tells. */
export interface SilenceEvents {
  silent?(): void;
  /** Called when something comes again. */
  heard?(): void;
}

/**
 * Tells when a connected peer has fallen silent: ICE itself gives up after 30 seconds without consent (RFC 7675 5.1). A
 * peer that has nothing to say is asked for an answer, so that only one that is gone, or out of reach, is silent.
 *
 * Silence is counted in ticks rather than by the clock: a process that was stopped for a while has not heard what waits
 * in its sockets.
 */
export class SilenceWatch {
  readonly #guards: () => readonly TransportGuard[];
  readonly #events: SilenceEvents;
  readonly #timer = new WakeTimer(() => this.#tick());
  #heard = 0;
  #silentTicks = 0;

  /** `guards`: those of all transports of the peer. */
  constructor(guards: () => readonly TransportGuard[], events: SilenceEvents = {}) {
    this.#guards = guards;
    this.#events = events;
    this.#heard = this.#count();
    this.#timer.after(tickMs);
  }

  get isSilent(): boolean {
    return this.#silentTicks >= ticksUntilSilent;
  }

  stop(): void {
    this.#timer.stop();
  }

  #count(): number {
    return this.#guards().reduce((sum, { heard }) => sum + heard, 0);
  }

  #tick(): void {
    this.#timer.after(tickMs);
    const heard = this.#count();
    if (heard !== this.#heard) {
      this.#heard = heard;
      const wasSilent = this.isSilent;
      this.#silentTicks = 0;
      if (wasSilent) this.#events.heard?.();
      return;
    }
    this.#silentTicks++;
    if (this.#silentTicks === ticksUntilSilent) this.#events.silent?.();
    if (this.#silentTicks >= ticksUntilProbe && this.#silentTicks % 2 === 0) {
      for (const guard of this.#guards()) guard.probe();
    }
  }
}
