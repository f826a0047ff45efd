import { type AvccLengthSize, checkLengthSize, walkAvcc } from "./avcc.ts";
import { FindingList } from "./finding-list.ts";
import { walkFramed } from "./framed-nal-unit.ts";
import { AccessUnitLinter } from "./lint.ts";
import type { LintFinding } from "./lint-finding.ts";

/**
 * What is wrong with one sample: its length fields (ISO/IEC 14496-15 5.3.4.2.1), and all that `lint` finds in it as one
 * access unit. Parameter sets that stand in the AVC configuration go first: give them as `parameterSets`; or give a linter
 * that has read them and goes on from sample to sample.
 *
 * Findings have byte offsets of NAL units. Never throws for any bytes; RangeError for a length size other than 1, 2 or 4.
 */
export function lintAvcc(
  bytes: Uint8Array,
  lengthSize: AvccLengthSize = 4,
  parameterSets: readonly Uint8Array[] | AccessUnitLinter = [],
): LintFinding[] {
  checkLengthSize(lengthSize);
  const findings = new FindingList();
  const nalUnits: Uint8Array[] = [];
  const addRule = (rule: string, clause: string, message: string, offset: number): void => {
    findings.push({ rule, severity: "error", clause, message, offset });
  };
  const add = (rule: string, message: string, offset: number): void => {
    addRule(rule, "ISO/IEC 14496-15 5.3.4.2.1", message, offset);
  };
  const broken = walkAvcc(bytes, lengthSize, (start, end) => {
    if (end > start) {
      const isSplit = walkFramed(bytes.subarray(start, end), "always", (nal) => nalUnits.push(nal));
      if (isSplit) addRule("start-code-inside", "H.264 7.4.1", "A length frames a byte stream as one NAL unit", start);
    } else add("empty-nal-unit", "A length of 0", start - lengthSize);
  });
  if (broken >= 0) add("length", "A NAL unit length leads past the end of the sample", broken);
  const linter = parameterSets instanceof AccessUnitLinter ? parameterSets : new AccessUnitLinter();
  if (!(parameterSets instanceof AccessUnitLinter)) linter.readParameterSets(parameterSets);
  linter.push(nalUnits, (nal) => ({ offset: nal.byteOffset - bytes.byteOffset }));
  const found = parameterSets instanceof AccessUnitLinter ? linter.findings.take() : linter.findings.all();
  return [...findings.all(), ...found];
}
