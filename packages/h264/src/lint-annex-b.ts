import { AccessUnitSplitter } from "./access-unit-splitter.ts";
import type { Finding } from "./finding.ts";
import { FindingList } from "./finding-list.ts";
import { AccessUnitLinter } from "./lint.ts";
import { nalUnitsOfStep, runSteps } from "./lint-steps.ts";
import { NalUnitType, nalUnitType } from "./nal-unit.ts";
import { findStartCode, trimTrailingZeros } from "./start-code.ts";

/**
 * What is wrong with a byte stream: its start codes (ITU-T H.264 B.1), and all that `lint` finds in its access units.
 *
 * Findings have byte offsets of NAL units. Never throws for any bytes.
 */
export function lintAnnexB(bytes: Uint8Array): Finding[] {
  return runSteps(lintAnnexBSteps(bytes));
}

/**
 * The same as `lintAnnexB` in steps, for streams so large that whoever lints them has to do something else in between:
 * the generator yields now and then, and returns the findings. A step takes some milliseconds, or a whole access unit of
 * many NAL units.
 */
export function* lintAnnexBSteps(bytes: Uint8Array): Generator<void, Finding[], undefined> {
  const splitter = new AccessUnitSplitter();
  const linter = new AccessUnitLinter();
  const findings = new FindingList();
  const clause = "H.264 B.1";
  const offsetOf = (nal: Uint8Array): number => nal.byteOffset - bytes.byteOffset;
  const lintUnits = (nalUnits: readonly Uint8Array[] | undefined): void => {
    if (nalUnits === undefined) return;
    nalUnits.forEach((nal, index) => {
      const type = nalUnitType(nal);
      if (index > 0 && type !== NalUnitType.Sps && type !== NalUnitType.Pps) return;
      const offset = offsetOf(nal);
      if (bytes[offset - 4] === 0) return;
      const what = index === 0 ? "the first NAL unit of an access unit" : "a parameter set";
      const message = `The start code before ${what} has no zero_byte`;
      findings.push({ rule: "zero-byte", severity: "error", clause: "H.264 B.1.2", message, offset });
    });
    linter.push(nalUnits, (nal) => ({ offset: offsetOf(nal) }));
  };

  let code = findStartCode(bytes, 0);
  if (code === bytes.length) {
    findings.push({ rule: "no-start-code", severity: "error", clause, message: "There is no start code", offset: 0 });
  } else if (trimTrailingZeros(bytes, 0, code) > 0) {
    const message = "Bytes other than 00 stand before the first start code";
    findings.push({ rule: "leading-bytes", severity: "error", clause, message, offset: 0 });
  }
  for (let count = 1; code < bytes.length; count += 1) {
    if (count % nalUnitsOfStep === 0) yield;
    const start = code + 3;
    code = findStartCode(bytes, start);
    const end = trimTrailingZeros(bytes, start, code);
    if (end > start) lintUnits(splitter.push(bytes.subarray(start, end))?.nalUnits);
    else {
      const message = "A start code with no NAL unit behind it";
      findings.push({ rule: "empty-nal-unit", severity: "error", clause, message, offset: start });
    }
  }
  lintUnits(splitter.flush()?.nalUnits);
  if (splitter.skippedAccessUnits > 0) {
    const message = `${splitter.skippedAccessUnits} access unit(s) are too large to be linted`;
    findings.push({ rule: "too-large", severity: "error", clause: "H.264 A.3.1", message });
  }
  return [...findings.all(), ...linter.findings.all()];
}
