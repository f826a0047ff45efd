import type { Finding } from "./finding.ts";

/** How a {@link FindingList} is bounded. */
export interface FindingListOptions {
  /** Findings of one rule that are kept: a stream may break one at every NAL unit. @defaultValue 1000 */
  readonly mostOfRule?: number;
  /** The message of the finding that stands for those of a rule that were not kept. @defaultValue a sentence in English */
  readonly omitted?: (count: number) => string;
}

/** Findings in order, of each rule the first ones, and how many more there were. */
export class FindingList {
  readonly #mostOfRule: number;
  readonly #omitted: (count: number) => string;
  readonly #counts = new Map<string, { readonly first: Finding; count: number }>();
  #kept: Finding[] = [];

  constructor({ mostOfRule = 1000, omitted = omittedFindings }: FindingListOptions = {}) {
    this.#mostOfRule = mostOfRule;
    this.#omitted = omitted;
  }

  /** Adds a finding, or counts it where its rule has enough. */
  push(finding: Finding): void {
    let known = this.#counts.get(finding.rule);
    if (known === undefined) {
      known = { first: finding, count: 0 };
      this.#counts.set(finding.rule, known);
    }
    known.count += 1;
    if (known.count <= this.#mostOfRule) this.#kept.push(finding);
  }

  /** The findings that are kept and, of each rule with more, one that says how many. */
  all(): Finding[] {
    const findings = [...this.#kept];
    for (const { first, count } of this.#counts.values()) {
      if (count <= this.#mostOfRule) continue;
      const { rule, severity, clause } = first;
      const message = this.#omitted(count - this.#mostOfRule);
      findings.push({ rule, severity, ...(clause === undefined ? {} : { clause }), message });
    }
    return findings;
  }

  /** The findings that have been kept since the last call; taking them makes no room for more of their rule. */
  take(): Finding[] {
    const taken = this.#kept;
    this.#kept = [];
    return taken;
  }
}

function omittedFindings(count: number): string {
  return `${count} more findings of this rule are left out`;
}
