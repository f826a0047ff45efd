import type { Finding } from "./inspect-report.ts";

/** More of one rule say nothing new, and a stream of hours may hold millions. */
const listedOfOneRule = 100;

/** Findings in order, and the number of those that are too many to list. */
export class Findings {
  readonly #listed: Finding[] = [];
  readonly #counts = new Map<string, { first: Finding; count: number }>();

  add(finding: Finding): void {
    const known = this.#counts.get(finding.rule);
    if (known === undefined) this.#counts.set(finding.rule, { first: finding, count: 1 });
    else known.count += 1;
    if ((known?.count ?? 1) <= listedOfOneRule) this.#listed.push(finding);
  }

  list(): Finding[] {
    const rest: Finding[] = [];
    for (const { first, count } of this.#counts.values()) {
      if (count <= listedOfOneRule) continue;
      const { rule, severity, clause } = first;
      const message = `${count - listedOfOneRule} more of this kind are not listed`;
      rest.push({ rule, severity, ...(clause === undefined ? {} : { clause }), message });
    }
    return [...this.#listed, ...rest];
  }
}
