import { readFile } from "node:fs/promises";
import {
  type AvccLengthSize,
  lint,
  lintAnnexB,
  lintAvcc,
  lintRtp,
  NalUnitType,
  nalUnitType,
  parsePps,
  parseSps,
} from "@inband/h264";
import type { H264RtpPacket } from "@inband/h264/rtp";
import type { Bitstream, StoredNalUnits } from "@inband/media";
import type { Findings } from "./findings.ts";

/** What is linted as one piece is held in memory. */
const mostBytes = 512 << 20;

/** Lints a stream while it is read, by the rules for the way in which it is stored. */
export interface StreamLinter {
  /** The next group, before its NAL units are counted. */
  group(group: StoredNalUnits): void;
  /** The next access unit. */
  accessUnit(nalUnits: readonly Uint8Array[], index: number): void;
  /** The stream is over. */
  end(): Promise<void>;
}

/** A linter that adds what it finds to `findings`. */
export function streamLinter(bitstream: Bitstream, path: string, findings: Findings): StreamLinter {
  const { framing, format, sizeBytes = Number.POSITIVE_INFINITY } = bitstream;
  if (framing === "rtp") return rtpLinter(findings);
  if (format === "annexb" && sizeBytes <= mostBytes) return byteStreamLinter(path, findings);
  if (framing === "avcc" && format !== "avcc") return sampleLinter(bitstream, findings);
  return accessUnitLinter(bitstream.parameterSets, findings);
}

const nothing = (): void => undefined;

function rtpLinter(findings: Findings): StreamLinter {
  const packets: H264RtpPacket[] = [];
  let bytes = 0;
  return {
    group: ({ rtpPackets = [] }) => {
      for (const packet of rtpPackets) {
        bytes += packet.payload.length;
        if (bytes <= mostBytes) packets.push(packet);
      }
    },
    accessUnit: nothing,
    end: async () => {
      for (const finding of lintRtp(packets)) findings.add(finding);
      if (bytes > mostBytes) findings.add(tooMuch("RTP packets"));
    },
  };
}

function byteStreamLinter(path: string, findings: Findings): StreamLinter {
  return {
    group: nothing,
    accessUnit: nothing,
    end: async () => {
      for (const finding of lintAnnexB(new Uint8Array(await readFile(path.startsWith("file:") ? new URL(path) : path))))
        findings.add(finding);
    },
  };
}

function sampleLinter({ lengthSize = 4, parameterSets }: Bitstream, findings: Findings): StreamLinter {
  const sets = new ParameterSets(parameterSets);
  let index = 0;
  return {
    group: ({ nalUnits, sample }) => {
      if (sample === undefined) return;
      // ISO/IEC 14496-15 reserves length fields of 3 bytes, which no parser of its configuration takes.
      const found =
        lengthSize === 3 ? lint([{ nalUnits }]) : lintAvcc(sample, lengthSize as AvccLengthSize, sets.nalUnits);
      for (const finding of found) {
        // Those without an access unit are about the parameter sets, which come with every sample.
        if (finding.accessUnit === undefined && finding.offset === undefined && index > 0) continue;
        findings.add({ ...finding, ...(finding.accessUnit === undefined ? {} : { accessUnit: index }), sample: index });
      }
      sets.read(nalUnits);
      index += 1;
    },
    accessUnit: nothing,
    end: async () => undefined,
  };
}

function accessUnitLinter(parameterSets: readonly Uint8Array[], findings: Findings): StreamLinter {
  const sets = new ParameterSets(parameterSets);
  let isStart = true;
  return {
    group: nothing,
    accessUnit: (nalUnits, index) => {
      for (const finding of lint([{ nalUnits: sets.nalUnits }, { nalUnits }])) {
        // The first access unit stands for the parameter sets that came before.
        if (finding.accessUnit === 1) findings.add({ ...finding, accessUnit: index });
      }
      sets.read(nalUnits);
      isStart = false;
    },
    end: async () => {
      if (isStart) findings.add({ rule: "no-access-unit", severity: "warning", message: "Nothing was there to lint" });
    },
  };
}

function tooMuch(what: string): Parameters<Findings["add"]>[0] {
  const message = `Only the first ${mostBytes} bytes of ${what} were linted`;
  return { rule: "not-linted", severity: "warning", message };
}

/** The parameter sets in force, each by its identifier. */
class ParameterSets {
  readonly #sets = new Map<string, Uint8Array>();

  constructor(nalUnits: readonly Uint8Array[]) {
    this.read(nalUnits);
  }

  get nalUnits(): readonly Uint8Array[] {
    return [...this.#sets.values()];
  }

  read(nalUnits: readonly Uint8Array[]): void {
    for (const nal of nalUnits) {
      try {
        if (nalUnitType(nal) === NalUnitType.Sps) this.#sets.set(`sps ${parseSps(nal).id}`, nal.slice());
        else if (nalUnitType(nal) === NalUnitType.Pps) this.#sets.set(`pps ${parsePps(nal).id}`, nal.slice());
      } catch {
        // Its access unit is linted, and says so.
      }
    }
  }
}
