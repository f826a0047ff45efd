import { ByteWindow } from "./byte-window.ts";
import type { CarrierLimits } from "./sei-carrier.ts";

/** Bytes that were taken from a budget, to be spent or given back. */
export interface BudgetClaim {
  readonly rtpTimestamp: number;
  readonly bytesPerSecond: number;
  readonly bytes: number;
}

/**
 * What the messages of all publishers together may take of one encoded stream. Where there is not room for all, the
 * publishers that ask first come first.
 */
export class StreamBudget {
  readonly #limits: CarrierLimits;
  readonly #window = new ByteWindow();
  /** By the rate that a publisher is allowed, where that is lower: those of one profile share what its readers take. */
  readonly #ownWindows = new Map<number, ByteWindow>();
  /** Of the access unit that is about to leave. */
  #rtpTimestamp: number | undefined;
  #accessUnitBytes = 0;
  /** Taken, and neither spent nor given back. */
  readonly #claims = new Set<BudgetClaim>();

  constructor(limits: CarrierLimits) {
    this.#limits = limits;
  }

  /** Bytes that a publisher with these limits may put into an access unit; publishers ask one after the other. */
  left(rtpTimestamp: number, limits: CarrierLimits, nowMs: number): number {
    if (rtpTimestamp !== this.#rtpTimestamp) {
      this.#rtpTimestamp = rtpTimestamp;
      this.#accessUnitBytes = 0;
    }
    let claimed = 0;
    let ownClaimed = 0;
    for (const { bytes, bytesPerSecond } of this.#claims) {
      claimed += bytes;
      if (bytesPerSecond === limits.bytesPerSecond) ownClaimed += bytes;
    }
    const own = this.#ownWindows.get(limits.bytesPerSecond)?.total(nowMs) ?? 0;
    return Math.min(
      Math.min(limits.bytesPerAccessUnit, this.#limits.bytesPerAccessUnit) - this.#accessUnitBytes,
      this.#limits.bytesPerSecond - this.#window.total(nowMs) - claimed,
      limits.bytesPerSecond - own - ownClaimed,
    );
  }

  /** Takes bytes for the access unit of the last `left`. */
  claim(limits: CarrierLimits, bytes: number): BudgetClaim {
    const claim: BudgetClaim = {
      rtpTimestamp: this.#rtpTimestamp ?? 0,
      bytesPerSecond: limits.bytesPerSecond,
      bytes,
    };
    this.#claims.add(claim);
    this.#accessUnitBytes += bytes;
    return claim;
  }

  /** The access unit left. */
  spend(claim: BudgetClaim, nowMs: number): void {
    if (!this.#claims.delete(claim)) return;
    this.#window.add(nowMs, claim.bytes);
    if (claim.bytesPerSecond >= this.#limits.bytesPerSecond) return;
    let own = this.#ownWindows.get(claim.bytesPerSecond);
    if (own === undefined) {
      own = new ByteWindow();
      this.#ownWindows.set(claim.bytesPerSecond, own);
    }
    own.add(nowMs, claim.bytes);
  }

  /** The access unit did not leave. */
  giveBack(claim: BudgetClaim): void {
    if (!this.#claims.delete(claim)) return;
    if (claim.rtpTimestamp === this.#rtpTimestamp) this.#accessUnitBytes -= claim.bytes;
  }
}
