import { type AvccLengthSize, checkLengthSize, readLength } from "./avcc.ts";
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
  lengthSize: AvccLengthSize,
  parameterSets: readonly Uint8Array[] = [],
): LintFinding[] {
  checkLengthSize(lengthSize);
  const clause = "ISO/IEC 14496-15 5.3.4.2.1";
  const findings: LintFinding[] = [];
  const nalUnits: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const start = at + lengthSize;
    const size = start > bytes.length ? Number.POSITIVE_INFINITY : readLength(bytes, at, lengthSize);
    if (size > bytes.length - start) {
      const message = "A NAL unit length leads past the end of the sample";
      findings.push({ rule: "length", severity: "error", clause, message, offset: at });
      break;
    }
    if (size === 0) {
      const message = "A length of 0";
      findings.push({ rule: "empty-nal-unit", severity: "error", clause, message, offset: at });
    } else nalUnits.push(bytes.subarray(start, start + size));
    at = start + size;
  }
  const linter = new AccessUnitLinter();
  linter.readParameterSets(parameterSets);
  linter.push(nalUnits, (nal) => ({ offset: nal.byteOffset - bytes.byteOffset }));
  return [...findings, ...linter.findings];
}
