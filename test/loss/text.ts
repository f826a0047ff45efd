import type { Loss } from "@inband/rig/channel";

/** A share in percent, finely where it is nearly all. */
export function percent(share: number): string {
  if (share === 1) return "100 %";
  return `${(100 * share).toFixed(share > 0.99 ? 3 : 1)} %`;
}

/** A loss in words. */
export function lossText({ rate, burst }: Loss): string {
  return `${Math.round(rate * 100)} %${burst === 1 ? "" : ` in bursts of ${burst}`}`;
}
