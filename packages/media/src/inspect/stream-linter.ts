import { readFile } from "node:fs/promises";
import { AccessUnitLinter, AvccLinter, type Finding, type FindingList, lintAnnexBSteps, RtpLinter } from "@inband/h264";
import type { Bitstream, StoredNalUnits } from "../bitstream/bitstream.ts";
import { EventLoopTurns } from "./event-loop-turns.ts";

/** Byte streams are linted as one piece, which is held in memory. */
const mostBytes = 512 << 20;

/** Lints a stream while it is read, by the rules for the way in which it is stored. */
export interface StreamLinter {
  /** Takes the next group, before its NAL units are counted. */
  group(group: StoredNalUnits): void;
  /** Takes the next access unit that holds a picture. */
  accessUnit(nalUnits: readonly Uint8Array[]): void;
  /**
   * Ends the stream.
   *
   * @throws The reason of the signal when it is aborted.
   */
  end(signal?: AbortSignal): Promise<void>;
}

/** A linter that adds what it finds to `findings`. */
export function streamLinter(bitstream: Bitstream, path: string, findings: FindingList): StreamLinter {
  const { framing, format, sizeBytes = Number.POSITIVE_INFINITY } = bitstream;
  if (framing === "rtp") return rtpLinter(findings);
  if (format === "annexb") {
    if (sizeBytes <= mostBytes) return byteStreamLinter(path, findings);
    const message = `Start codes were not linted: that takes a file of at most ${mostBytes} bytes`;
    findings.push({ rule: "not-linted", severity: "warning", clause: "H.264 B.1", message });
  }
  if (framing === "avcc" && format !== "avcc") return sampleLinter(bitstream, findings);
  return accessUnitLinter(bitstream.parameterSets, findings);
}

const nothing = (): void => undefined;

function rtpLinter(findings: FindingList): StreamLinter {
  const linter = new RtpLinter();
  return {
    group: ({ rtpPackets = [] }) => {
      for (const packet of rtpPackets) linter.push(packet);
    },
    accessUnit: nothing,
    end: async () => addAll(findings, linter.end()),
  };
}

function byteStreamLinter(path: string, findings: FindingList): StreamLinter {
  return {
    group: nothing,
    accessUnit: nothing,
    end: async (signal) => {
      const bytes = await readFile(path.startsWith("file:") ? new URL(path) : path, { signal });
      const steps = lintAnnexBSteps(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
      addAll(findings, await resultOf(steps, signal));
    },
  };
}

async function resultOf(
  steps: Generator<void, Finding[], undefined>,
  signal: AbortSignal | undefined,
): Promise<Finding[]> {
  const turns = new EventLoopTurns();
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await turns.take(signal);
  }
}

function sampleLinter({ lengthSize = 4, parameterSets }: Bitstream, findings: FindingList): StreamLinter {
  const linter = new AvccLinter();
  linter.configure(lengthSize, parameterSets);
  return {
    group: ({ sample, configuration }) => {
      if (configuration !== undefined) linter.configure(configuration.lengthSize, configuration.parameterSets);
      if (sample !== undefined) addAll(findings, linter.push(sample));
    },
    accessUnit: nothing,
    end: async () => undefined,
  };
}

function accessUnitLinter(parameterSets: readonly Uint8Array[], findings: FindingList): StreamLinter {
  const linter = new AccessUnitLinter();
  linter.readParameterSets(parameterSets);
  linter.findings.take();
  let isEmpty = true;
  return {
    group: nothing,
    accessUnit: (nalUnits) => {
      linter.push(nalUnits);
      addAll(findings, linter.findings.take());
      isEmpty = false;
    },
    end: async () => {
      if (isEmpty) findings.push({ rule: "no-access-unit", severity: "warning", message: "Nothing was there to lint" });
    },
  };
}

function addAll(list: FindingList, findings: readonly Finding[]): void {
  for (const finding of findings) list.push(finding);
}
