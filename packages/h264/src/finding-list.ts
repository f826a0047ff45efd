import type { LintFinding } from "./lint-finding.ts";

/** Findings of one rule that are kept; a stream may break one at every NAL unit. */
const mostOfRule = 1000;

/** Keeps what was found: of each rule the first findings, and how many more there were. */
export class FindingList {
  #kept: LintFinding[] = [];
  readonly #counts = new Map<string, number>();
  readonly #last = new Map<string, LintFinding>();

  push(finding: LintFinding): void {
    const count = (this.#counts.get(finding.rule) ?? 0) + 1;
    this.#counts.set(finding.rule, count);
    if (count <= mostOfRule) this.#kept.push(finding);
    else this.#last.set(finding.rule, finding);
  }

  /** What is kept; behind it, of each rule with more findings, one that says how many. */
  all(): LintFinding[] {
    const more = Array.from(this.#last.values(), ({ rule, severity, clause }): LintFinding => {
      const message = `${(this.#counts.get(rule) as number) - mostOfRule} more findings of this rule are left out`;
      return { rule, severity, clause, message };
    });
    return [...this.#kept, ...more];
  }

  /** What has been kept since it was last taken; no more is kept of a rule for that. */
  take(): LintFinding[] {
    const taken = this.#kept;
    this.#kept = [];
    return taken;
  }
}
