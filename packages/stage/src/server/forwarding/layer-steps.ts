/** Share of packets that a receiver reports as lost, from which its link is taken for too narrow. */
const heavyLoss = 0.1;
/** That from which one report is enough; else it takes two in a row. */
const severeLoss = 0.3;
/** That up to which a link is quiet. */
const quietLoss = 0.02;

/** How long a link that has shown no loss at all must be quiet before a larger layer is tried, in milliseconds. */
const firstQuietMs = 2000;
/** How long one that has, at first and at most: it doubles with each larger layer that did not go well. */
const quietMs = 10_000;
const mostQuietMs = 120_000;

/** Loss within this time of a step up is put down to it, in milliseconds. */
const trialMs = 10_000;

/**
 * How large a layer the link of one subscriber carries, as far as the losses in its reports say (RFC 3550 6.4.1): down one
 * step at heavy loss, up one after quiet. It does not measure bandwidth.
 */
export class LayerSteps {
  #maxPixels: number;
  #quietNeededMs = firstQuietMs;
  #quietSinceMs: number;
  #steppedUpAtMs = Number.NEGATIVE_INFINITY;
  #heavyReports = 0;

  constructor(beginsSmallest: boolean, nowMs: number) {
    this.#maxPixels = beginsSmallest ? 0 : Number.POSITIVE_INFINITY;
    this.#quietSinceMs = nowMs;
  }

  /** Takes the share of packets that a report says were lost since the one before. */
  report(fractionLost: number, nowMs: number): void {
    if (fractionLost > quietLoss) this.#quietSinceMs = nowMs;
    // Two are a reason for a step, which may not have been taken yet.
    if (this.#heavyReports >= 2) return;
    if (fractionLost < heavyLoss) this.#heavyReports = 0;
    else this.#heavyReports += fractionLost >= severeLoss ? 2 : 1;
  }

  /** The most pixels of a layer that the link carries. */
  get maxPixels(): number {
    return this.#maxPixels;
  }

  /**
   * Takes one step where one is due.
   *
   * @param sizes Pixels of the layers that are being sent.
   * @param current Pixels of the one that the subscriber gets.
   */
  step(sizes: readonly number[], current: number, nowMs: number): void {
    if (this.#heavyReports >= 2) this.#stepDown(sizes, current, nowMs);
    else if (this.#maxPixels < Number.POSITIVE_INFINITY && nowMs - this.#quietSinceMs >= this.#quietNeededMs) {
      this.#stepUp(sizes, current, nowMs);
    }
  }

  #stepDown(sizes: readonly number[], current: number, nowMs: number): void {
    this.#heavyReports = 0;
    this.#quietSinceMs = nowMs;
    const wasTrial = nowMs - this.#steppedUpAtMs < trialMs;
    this.#quietNeededMs = wasTrial ? Math.min(mostQuietMs, 2 * Math.max(quietMs, this.#quietNeededMs)) : quietMs;
    const smaller = sizes.filter((size) => size < current);
    if (smaller.length > 0) this.#maxPixels = Math.max(...smaller);
  }

  #stepUp(sizes: readonly number[], current: number, nowMs: number): void {
    this.#quietSinceMs = nowMs;
    this.#steppedUpAtMs = nowMs;
    const larger = sizes.filter((size) => size > current);
    this.#maxPixels = larger.length > 1 ? Math.min(...larger) : Number.POSITIVE_INFINITY;
  }
}
