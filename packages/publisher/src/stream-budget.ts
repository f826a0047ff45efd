import { ByteWindow } from "./byte-window.ts";
import type { CarrierLimits } from "./carrier.ts";
import { checkLimits } from "./check-options.ts";

/** Streams whose budgets are remembered; beyond them the oldest is forgotten, and its outboxes keep it. */
const maxStreams = 256;

/** Bytes that were taken from a budget, to be spent or given back. */
export interface BudgetClaim {
  readonly rtpTimestamp: number;
  readonly bytesPerSecond: number;
  readonly bytes: number;
}

/** What the messages of all publishers together may take of one encoded stream. */
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

  /** Called by `StreamBudgets.of` alone. */
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

/**
 * The budgets of a carrier's encoded streams: each stream has one, and all publishers who opened the carrier share it.
 * Where there is not room for all, those whose outbox is asked first come first, so a carrier asks in the order of
 * attachment.
 *
 * A carrier makes one and gives it to the `Outboxes` of every publisher.
 */
export class StreamBudgets {
  readonly #limits: CarrierLimits;
  readonly #budgets = new Map<string, StreamBudget>();

  /**
   * The limits are those of the carrier; each publisher's own may be lower.
   *
   * @throws TypeError or RangeError for what are no limits.
   */
  constructor(limits: CarrierLimits) {
    checkLimits(limits);
    this.#limits = limits;
  }

  /** The budget of an encoded stream, the same for the same name. */
  of(stream: string): StreamBudget {
    const known = this.#budgets.get(stream);
    if (known !== undefined) return known;
    const budget = new StreamBudget(this.#limits);
    this.#budgets.set(stream, budget);
    if (this.#budgets.size > maxStreams) {
      const [oldest] = this.#budgets.keys();
      if (oldest !== undefined) this.#budgets.delete(oldest);
    }
    return budget;
  }
}
