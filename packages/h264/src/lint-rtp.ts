import { H264Error } from "./h264-error.ts";
import { AccessUnitLinter } from "./lint.ts";
import type { LintFinding } from "./lint-finding.ts";
import { H264Depayloader, type H264RtpPacket } from "./rtp/h264-depayloader.ts";
import { parseRtpPayload, type RtpPayload } from "./rtp/rtp-payload.ts";

/** More than this many NAL units in one STAP-A make libwebrtc drop the frame. */
const maxNalUnitsPerStapA = 9;

/**
 * What is wrong with the RTP packets of one stream in order of arrival: sequence numbers, payload structures, fragments,
 * markers and timestamps (RFC 3550, RFC 6184), and all that `lint` finds in their access units.
 *
 * Findings about packets have the index of the packet. Never throws for any bytes.
 */
export function lintRtp(packets: Iterable<H264RtpPacket>): LintFinding[] {
  const findings: LintFinding[] = [];
  const depayloader = new H264Depayloader();
  const linter = new AccessUnitLinter();
  let before: H264RtpPacket | undefined;
  let fragmented = -1;
  let index = -1;
  const add = (rule: string, clause: string, message: string, severity: "error" | "warning" = "error"): void => {
    findings.push({ rule, severity, clause, message, packet: index });
  };
  for (const packet of packets) {
    index += 1;
    if (before !== undefined && !lintOrder(before, packet, add)) fragmented = -1;
    if (packet.payload.length > 0) before = packet;
    else if (before !== undefined) before = { ...before, sequenceNumber: packet.sequenceNumber };
    const parsed = lintPayload(packet.payload, add);
    if (parsed !== undefined && parsed.kind !== "padding") fragmented = lintFragment(parsed, fragmented, add);
    for (const { nalUnits } of depayloader.push(packet)) linter.push(nalUnits);
  }
  const last = depayloader.flush();
  if (last !== undefined) linter.push(last.nalUnits);
  return [...findings, ...linter.findings];
}

type Add = (rule: string, clause: string, message: string, severity?: "error" | "warning") => void;

/** Whether the packet is the next one. */
function lintOrder(before: H264RtpPacket, packet: H264RtpPacket, add: Add): boolean {
  const distance = (packet.sequenceNumber - before.sequenceNumber) & 0xffff;
  if (distance === 0) add("duplicate", "RFC 3550 5.1", "The sequence number has come before", "warning");
  else if (distance > 0x8000) add("reordered", "RFC 3550 5.1", "The sequence number goes back", "warning");
  else if (distance > 1)
    add("loss", "RFC 3550 5.1", `${distance - 1} packet(s) before this one are missing`, "warning");
  if (distance !== 1 || packet.payload.length === 0) return distance === 1;
  const isSame = packet.rtpTimestamp === before.rtpTimestamp;
  if (before.marker && isSame) {
    add("marker-early", "RFC 6184 5.1", "The packet before has the marker and is not the last of its timestamp");
  }
  if (!before.marker && !isSame) {
    add("marker-missing", "RFC 6184 5.1", "The packet before is the last of its timestamp and has no marker");
  }
  return true;
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
    add("stap-a-nri", "RFC 6184 5.3", "The NRI of the STAP-A is not the highest of its NAL units");
  if (parsed.nals.length > maxNalUnitsPerStapA) {
    const message = `${parsed.nals.length} NAL units in a STAP-A; libwebrtc drops the frame above ${maxNalUnitsPerStapA}`;
    add("stap-a-count", "RFC 6184 5.7.1", message, "warning");
  }
  return parsed;
}

/** Takes and returns the header of the NAL unit whose fragments are under way, -1 for none. */
function lintFragment(payload: RtpPayload, fragmented: number, add: Add): number {
  const clause = "RFC 6184 5.8";
  if (payload.kind !== "fu-a") {
    if (fragmented >= 0) add("fragment-unfinished", clause, "A fragmented NAL unit has no end before this packet");
    return -1;
  }
  if (payload.start) {
    if (fragmented >= 0)
      add("fragment-unfinished", clause, "A fragmented NAL unit begins before the one before it ended");
    return payload.nalHeader;
  }
  if (fragmented < 0) add("fragment-orphan", clause, "A fragment without the beginning of its NAL unit");
  else if (fragmented !== payload.nalHeader) {
    add("fragment-header", clause, "A fragment has another NRI or type than the one that began the NAL unit");
  }
  return payload.end ? -1 : fragmented;
}
