import { FindingList } from "./finding-list.ts";
import { H264Error } from "./h264-error.ts";
import { AccessUnitLinter } from "./lint.ts";
import type { LintFinding } from "./lint-finding.ts";
import { nalUnitsOfStep, runSteps } from "./lint-steps.ts";
import { type DepayloadedAccessUnit, H264Depayloader, type H264RtpPacket } from "./rtp/h264-depayloader.ts";
import { parseRtpPayload, type RtpPayload } from "./rtp/rtp-payload.ts";

/** More than this many NAL units in one STAP-A make libwebrtc drop the frame. */
const maxNalUnitsPerStapA = 9;

/**
 * What is wrong with the RTP packets of one stream in order of arrival: sequence numbers, payload structures, fragments,
 * markers and timestamps (RFC 3550, RFC 6184), and all that `lint` finds in their access units.
 *
 * Findings about packets have the index of the packet. Loss and order are warnings, and nothing else is found wrong with
 * what they leave incomplete. Never throws for any bytes.
 */
export function lintRtp(packets: Iterable<H264RtpPacket>): LintFinding[] {
  return runSteps(lintRtpSteps(packets));
}

/** The same as `lintRtp` in steps, as `lintAnnexBSteps` does for byte streams. */
export function* lintRtpSteps(packets: Iterable<H264RtpPacket>): Generator<void, LintFinding[], undefined> {
  const findings = new FindingList();
  const depayloader = new H264Depayloader();
  const linter = new AccessUnitLinter();
  let before: H264RtpPacket | undefined;
  let fragmented = nothing;
  let startCodesBefore = 0;
  let index = -1;
  /** The packet before which a marker stood that was not on the last packet of its timestamp. */
  let early = -1;
  const add = (rule: string, clause: string, message: string, severity: "error" | "warning" = "error"): void => {
    findings.push({ rule, severity, clause, message, packet: index });
  };
  const take = ({ nalUnits, isComplete }: DepayloadedAccessUnit): void => {
    const begins = linter.push(nalUnits, undefined, isComplete);
    if (early >= 0 && !begins) {
      const message = "The packet before has the marker and is not the last of its access unit";
      findings.push({ rule: "marker-early", severity: "error", clause: "RFC 6184 5.1", message, packet: early });
    }
    early = -1;
  };
  for (const packet of packets) {
    index += 1;
    if (index % nalUnitsOfStep === nalUnitsOfStep - 1) yield;
    const isMedia = packet.payload.length > 0;
    const distance = before === undefined ? 1 : lintOrder(before, packet, add);
    if (distance > 1) fragmented = unknown;
    // Two fields may share a timestamp, and each is an access unit with a marker of its own.
    else if (isMedia && before?.marker && distance === 1 && packet.rtpTimestamp === before.rtpTimestamp) early = index;
    const parsed = lintPayload(packet.payload, add);
    if (distance > 0 && parsed !== undefined && isMedia) fragmented = lintFragment(parsed, fragmented, add);
    if (distance > 0 && isMedia) before = packet;
    else if (distance > 0 && before !== undefined) before = { ...before, sequenceNumber: packet.sequenceNumber };
    depayloader.push(packet).forEach(take);
    const { startCodes } = depayloader.stats();
    if (startCodes > startCodesBefore) {
      add("start-code-inside", "H.264 7.4.1", "A payload frames a byte stream as one NAL unit");
    }
    startCodesBefore = startCodes;
  }
  const last = depayloader.flush();
  if (last !== undefined) take(last);
  return [...findings.all(), ...linter.findings.all()];
}

/** Instead of the header of the NAL unit whose fragments are under way: there is none. */
const nothing = -1;
/** Packets are missing, so that it cannot be told. */
const unknown = -2;
/** MAX_DROPOUT of RFC 3550 A.1: what lies further behind is no late packet. */
const maxDropout = 3000;

type Add = (rule: string, clause: string, message: string, severity?: "error" | "warning") => void;

/** How far the packet is ahead of the one before it: 1 for the next, more after a gap, 0 or less for a late one. */
function lintOrder(before: H264RtpPacket, packet: H264RtpPacket, add: Add): number {
  const distance = ((packet.sequenceNumber - before.sequenceNumber) << 16) >> 16;
  if (distance === 0) add("duplicate", "RFC 3550 5.1", "The sequence number has come before", "warning");
  else if (distance < 0) add("reordered", "RFC 3550 5.1", "The sequence number goes back", "warning");
  else if (distance > 1) {
    add("loss", "RFC 3550 5.1", `${distance - 1} packet(s) before this one are missing`, "warning");
  } else if (packet.payload.length > 0 && !before.marker && packet.rtpTimestamp !== before.rtpTimestamp) {
    add("marker-missing", "RFC 6184 5.1", "The packet before is the last of its timestamp and has no marker");
  }
  return distance < -maxDropout ? -distance : distance;
}

function lintPayload(payload: Uint8Array, add: Add): RtpPayload | undefined {
  let parsed: RtpPayload;
  try {
    parsed = parseRtpPayload(payload);
  } catch (error) {
    if (!(error instanceof H264Error)) throw error;
    add(`payload-${error.code}`, error.clause ?? "RFC 6184 5", error.message);
    return undefined;
  }
  if (parsed.kind !== "stap-a") return parsed;
  const header = payload[0] as number;
  const nri = parsed.nals.reduce((highest, nal) => Math.max(highest, (nal[0] as number) & 0x60), 0);
  if ((header & 0x60) !== nri)
    add("stap-a-nri", "RFC 6184 5.7", "The NRI of the STAP-A is not the highest of its NAL units");
  if (parsed.nals.length > maxNalUnitsPerStapA) {
    const message = `${parsed.nals.length} NAL units in a STAP-A; libwebrtc drops the frame above ${maxNalUnitsPerStapA}`;
    add("stap-a-count", "RFC 6184 5.7.1", message, "warning");
  }
  return parsed;
}

/** Takes and returns the header of the NAL unit whose fragments are under way, `nothing` or `unknown`. */
function lintFragment(payload: RtpPayload, fragmented: number, add: Add): number {
  const clause = "RFC 6184 5.8";
  if (payload.kind !== "fu-a") {
    if (fragmented >= 0) add("fragment-unfinished", clause, "A fragmented NAL unit has no end before this packet");
    return nothing;
  }
  if (payload.start) {
    if (fragmented >= 0)
      add("fragment-unfinished", clause, "A fragmented NAL unit begins before the one before it ended");
    return payload.nalHeader;
  }
  if (fragmented === nothing) add("fragment-orphan", clause, "A fragment without the beginning of its NAL unit");
  else if (fragmented !== unknown && fragmented !== payload.nalHeader) {
    add("fragment-header", clause, "A fragment has another NRI or type than the one that began the NAL unit");
  }
  return payload.end ? nothing : fragmented;
}
