import { readFile } from "node:fs/promises";
import {
  AccessUnitLinter,
  type AvccLengthSize,
  type LintFinding,
  lintAnnexBSteps,
  lintAvcc,
  RtpLinter,
} from "@inband/h264";
import type { Bitstream, StoredNalUnits } from "@inband/media";
import { EventLoopTurns } from "./event-loop-turns.ts";
import type { Findings } from "./findings.ts";

/** Byte streams are linted as one piece, which is held in memory. */
const mostBytes = 512 << 20;

/** Lints a stream while it is read, by the rules for the way in which it is stored. */
export interface StreamLinter {
  /** The next group, before its NAL units are counted. */
  group(group: StoredNalUnits): void;
  /** The next access unit. */
  accessUnit(nalUnits: readonly Uint8Array[], index: number): void;
  /**
   * The stream is over.
   *
   * @throws The reason of the signal when it is aborted.
   */
  end(signal?: AbortSignal): Promise<void>;
}

/** A linter that adds what it finds to `findings`. */
export function streamLinter(bitstream: Bitstream, path: string, findings: Findings): StreamLinter {
  const { framing, format, sizeBytes = Number.POSITIVE_INFINITY } = bitstream;
  if (framing === "rtp") return rtpLinter(findings);
  if (format === "annexb") {
    if (sizeBytes <= mostBytes) return byteStreamLinter(path, findings);
    const message = `Start codes were not linted: that takes a file of at most ${mostBytes} bytes`;
    findings.add({ rule: "not-linted", severity: "warning", clause: "H.264 B.1", message });
  }
  if (framing === "avcc" && format !== "avcc") return sampleLinter(bitstream, findings);
  return accessUnitLinter(bitstream.parameterSets, findings);
}

const nothing = (): void => undefined;

async function finish(
  steps: Generator<void, LintFinding[], undefined>,
  signal: AbortSignal | undefined,
): Promise<LintFinding[]> {
  const turns = new EventLoopTurns();
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await turns.take(signal);
  }
}

function rtpLinter(findings: Findings): StreamLinter {
  const linter = new RtpLinter();
  return {
    group: ({ rtpPackets = [] }) => {
      for (const packet of rtpPackets) linter.push(packet);
    },
    accessUnit: nothing,
    end: async () => {
      for (const finding of linter.end()) findings.add(finding);
    },
  };
}

function byteStreamLinter(path: string, findings: Findings): StreamLinter {
  return {
    group: nothing,
    accessUnit: nothing,
    end: async (signal) => {
      const bytes = await readFile(path.startsWith("file:") ? new URL(path) : path, { signal });
      for (const finding of await finish(
        lintAnnexBSteps(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)),
        signal,
      ))
        findings.add(finding);
    },
  };
}

function sampleLinter({ lengthSize: first = 4, parameterSets }: Bitstream, findings: Findings): StreamLinter {
  let lengthSize = first;
  const linter = new AccessUnitLinter();
  linter.readParameterSets(parameterSets);
  let index = 0;
  return {
    group: ({ nalUnits, sample, configuration }) => {
      if (configuration !== undefined) {
        linter.readParameterSets(configuration.parameterSets);
        lengthSize = configuration.lengthSize;
      }
      if (sample === undefined) return;
      // ISO/IEC 14496-15 reserves length fields of 3 bytes, which no parser of its configuration takes.
      if (lengthSize === 3) linter.push(nalUnits);
      const found = lengthSize === 3 ? linter.findings.take() : lintAvcc(sample, lengthSize as AvccLengthSize, linter);
      for (const finding of found) {
        findings.add({ ...finding, ...(finding.accessUnit === undefined ? {} : { accessUnit: index }), sample: index });
      }
      index += 1;
    },
    accessUnit: nothing,
    end: async () => undefined,
  };
}

function accessUnitLinter(parameterSets: readonly Uint8Array[], findings: Findings): StreamLinter {
  const linter = new AccessUnitLinter();
  linter.readParameterSets(parameterSets);
  linter.findings.take();
  let isStart = true;
  return {
    group: nothing,
    accessUnit: (nalUnits, index) => {
      linter.push(nalUnits);
      for (const finding of linter.findings.take()) findings.add({ ...finding, accessUnit: index });
      isStart = false;
    },
    end: async () => {
      if (isStart) findings.add({ rule: "no-access-unit", severity: "warning", message: "Nothing was there to lint" });
    },
  };
}
