import {
  AvccLinter,
  detectFormat,
  type Finding,
  H264Error,
  joinAvcc,
  lintAvcc,
  splitAvcc,
  walkAvcc,
} from "@inband/h264";
import { concat } from "@inband/rig/hostile-bytes";
import { avcc } from "../generate.ts";
import { Input } from "../input.ts";
import { holds, sameLists, strict, type Target } from "../target.ts";

/** Samples: one byte that says how long the lengths are, the sample. */
export const avccTarget: Target = {
  name: "avcc",
  make(random) {
    const choice = random.integer(0, 2);
    return concat([[choice], avcc(random, 2 ** choice)]);
  },
  check(bytes) {
    const input = new Input(bytes);
    const lengthSize = ([1, 2, 4] as const)[(input.uint8() % 3) as 0 | 1 | 2];
    const sample = input.rest();
    const findings = lintAvcc(sample, lengthSize);
    const linter = new AvccLinter();
    linter.configure(lengthSize, []);
    holds(rulesOf(linter.push(sample)) === rulesOf(findings), "lintAvcc and AvccLinter disagree");
    walkAvcc(sample, 3, (start, end) => holds(start <= end && end <= sample.length, "a NAL unit lies outside"));
    const broken = walkAvcc(sample, lengthSize, () => undefined);
    const nals = strict(H264Error, () => splitAvcc(sample, lengthSize));
    holds((nals === undefined) === findings.some(({ rule }) => rule === "length"), "lint and split disagree");
    holds((nals === undefined) === broken >= 0, "walk and split disagree");
    const { format } = detectFormat(sample);
    if (lengthSize === 4 && format === "avcc") holds(nals !== undefined, "detected as AVCC and not to be split");
    if (nals === undefined) return;
    for (const nal of nals) holds(nal.length > 0 && nal.buffer === sample.buffer, "a NAL unit is empty or no view");
    sameLists(splitAvcc(joinAvcc(nals, lengthSize), lengthSize), nals, "split of join");
    if (nals.length > 0) lintAvcc(sample, lengthSize, nals);
  },
};

function rulesOf(findings: readonly Finding[]): string {
  return [...new Set(findings.map(({ rule }) => rule))].sort().join();
}
