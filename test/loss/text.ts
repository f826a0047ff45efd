import type { Loss } from "./channel.ts";

/** A share in percent, finely where it is nearly all. */
export function percent(share: number): string {
  if (share === 1) return "100 %";
  return `${(100 * share).toFixed(share > 0.99 ? 3 : 1)} %`;
}

/** A loss in words. */
export function lossText({ rate, burst }: Loss): string {
  return `${Math.round(rate * 100)} %${burst === 1 ? "" : ` in bursts of ${burst}`}`;
}

/** A Markdown table; the first row is its head. */
export function tableOf([head = [], ...lines]: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
