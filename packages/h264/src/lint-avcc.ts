import { type AvccLengthSize, checkLengthSize, walkAvcc } from "./avcc.ts";
import type { Finding } from "./finding.ts";
import { FindingList } from "./finding-list.ts";
import { walkFramed } from "./framed-nal-unit.ts";
import { AccessUnitLinter } from "./lint.ts";

/**
 * What is wrong with one sample: its length fields (ISO/IEC 14496-15 5.3.4.2.1), and all that `lint` finds in it as one
 * access unit. `parameterSets` are those of the AVC configuration, which go first.
 *
 * Findings have byte offsets of NAL units. Never throws for any bytes.
 *
 * @throws RangeError for a length size other than 1, 2 or 4.
 */
export function lintAvcc(
  bytes: Uint8Array,
  lengthSize: AvccLengthSize = 4,
  parameterSets: readonly Uint8Array[] = [],
): Finding[] {
  checkLengthSize(lengthSize);
  const linter = new AccessUnitLinter();
  linter.readParameterSets(parameterSets);
  return [...lintSample(bytes, lengthSize, linter), ...linter.findings.all()];
}

/**
 * `lintAvcc` for samples that come one after the other, under configurations that may change: nothing of them is kept but
 * parameter sets. Findings have the index of the sample. Never throws for any bytes.
 */
export class AvccLinter {
  readonly #linter = new AccessUnitLinter();
  #lengthSize = 4;
  #sample = 0;

  /**
   * Takes the configuration of the samples that follow: the bytes of their length fields, and its parameter sets, which
   * add to those before them.
   */
  configure(lengthSize: number, parameterSets: readonly Uint8Array[]): void {
    this.#lengthSize = lengthSize;
    this.#linter.readParameterSets(parameterSets);
  }

  /**
   * Lints the next sample; of each rule for access units no more than 1000 findings are returned in all.
   *
   * @throws RangeError for a length size other than 1 to 4.
   */
  push(bytes: Uint8Array): Finding[] {
    const sample = this.#sample;
    this.#sample += 1;
    const findings = lintSample(bytes, this.#lengthSize, this.#linter);
    return [...findings, ...this.#linter.findings.take()].map((finding) => ({ ...finding, sample }));
  }
}

/** What is wrong with the lengths of a sample; its access unit goes to the linter. */
function lintSample(bytes: Uint8Array, lengthSize: number, linter: AccessUnitLinter): Finding[] {
  const findings = new FindingList();
  const nalUnits: Uint8Array[] = [];
  const add = (rule: string, clause: string, message: string, offset: number): void => {
    findings.push({ rule, severity: "error", clause, message, offset });
  };
  const lengthClause = "ISO/IEC 14496-15 5.3.4.2.1";
  const broken = walkAvcc(bytes, lengthSize, (start, end) => {
    if (end > start) {
      const isSplit = walkFramed(bytes.subarray(start, end), "always", (nal) => nalUnits.push(nal));
      if (isSplit) add("start-code-inside", "H.264 7.4.1", "A length frames a byte stream as one NAL unit", start);
    } else add("empty-nal-unit", lengthClause, "A length of 0", start - lengthSize);
  });
  if (broken >= 0) add("length", lengthClause, "A NAL unit length leads past the end of the sample", broken);
  linter.push(nalUnits, (nal) => ({ offset: nal.byteOffset - bytes.byteOffset }));
  return findings.all();
}
