import { type AvccLengthSize, checkLengthSize, walkAvcc } from "./avcc.ts";
import { AccessUnitLinter } from "./lint.ts";
import type { LintFinding } from "./lint-finding.ts";

/**
 * What is wrong with one sample: its length fields (ISO/IEC 14496-15 5.3.4.2.1), and all that `lint` finds in it as one
 * access unit. Parameter sets that stand in the AVC configuration go first: give them as `parameterSets`.
 *
 * Findings have byte offsets of NAL units. Never throws for any bytes; RangeError for a length size other than 1, 2 or 4.
 */
export function lintAvcc(
  bytes: Uint8Array,
  lengthSize: AvccLengthSize = 4,
  parameterSets: readonly Uint8Array[] = [],
): LintFinding[] {
  checkLengthSize(lengthSize);
  const findings: LintFinding[] = [];
  const nalUnits: Uint8Array[] = [];
  const add = (rule: string, message: string, offset: number): void => {
    findings.push({ rule, severity: "error", clause: "ISO/IEC 14496-15 5.3.4.2.1", message, offset });
  };
  const broken = walkAvcc(bytes, lengthSize, (start, end) => {
    if (end > start) nalUnits.push(bytes.subarray(start, end));
    else add("empty-nal-unit", "A length of 0", start - lengthSize);
  });
  if (broken >= 0) add("length", "A NAL unit length leads past the end of the sample", broken);
  const linter = new AccessUnitLinter();
  linter.readParameterSets(parameterSets);
  linter.push(nalUnits, (nal) => ({ offset: nal.byteOffset - bytes.byteOffset }));
  return [...findings, ...linter.findings];
}
