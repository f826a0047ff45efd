import { sequenceDifference } from "@inband/rtp";
import type { Finding } from "./finding.ts";
import { FindingList } from "./finding-list.ts";
import { H264Error } from "./h264-error.ts";
import { AccessUnitLinter } from "./lint.ts";
import type { DepayloadedAccessUnit, H264RtpPacket } from "./rtp/depayloaded-access-unit.ts";
import { H264Depayloader } from "./rtp/h264-depayloader.ts";
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
export function lintRtp(packets: Iterable<H264RtpPacket>): Finding[] {
  const linter = new RtpLinter();
  for (const packet of packets) linter.push(packet);
  return linter.end();
}

/**
 * `lintRtp` for packets that come one after the other: nothing of them is kept but the access unit that is under way, and
 * of each rule 1000 findings. Never throws for any bytes.
 */
export class RtpLinter {
  readonly #findings = new FindingList();
  readonly #depayloader = new H264Depayloader();
  readonly #linter = new AccessUnitLinter();
  #before: H264RtpPacket | undefined;
  #fragmented = nothing;
  #startCodes = 0;
  #index = -1;
  /** The packet before which a marker stood that was not on the last packet of its timestamp. */
  #early = -1;

  /** Takes the next packet in order of arrival. */
  push(packet: H264RtpPacket): void {
    this.#index += 1;
    const isMedia = packet.payload.length > 0;
    const before = this.#before;
    const distance = before === undefined ? 1 : lintOrder(before, packet, this.#add);
    if (distance > 1) this.#fragmented = unknown;
    // Two fields may share a timestamp, and each is an access unit with a marker of its own.
    else if (isMedia && before?.marker && distance === 1 && packet.rtpTimestamp === before.rtpTimestamp) {
      this.#early = this.#index;
    }
    const parsed = lintPayload(packet.payload, this.#add);
    if (distance > 0 && parsed !== undefined && isMedia) {
      this.#fragmented = lintFragment(parsed, this.#fragmented, this.#add);
    }
    if (distance > 0 && isMedia) this.#before = packet;
    else if (distance > 0 && before !== undefined) {
      this.#before = { ...before, sequenceNumber: packet.sequenceNumber };
    }
    for (const accessUnit of this.#depayloader.push(packet)) this.#lint(accessUnit);
    const { startCodes } = this.#depayloader.stats();
    if (startCodes > this.#startCodes) {
      this.#add("start-code-inside", "H.264 7.4.1", "A payload frames a byte stream as one NAL unit");
    }
    this.#startCodes = startCodes;
  }

  /** The stream is over. All that was found: about packets, then about access units. */
  end(): Finding[] {
    const last = this.#depayloader.flush();
    if (last !== undefined) this.#lint(last);
    return [...this.#findings.all(), ...this.#linter.findings.all()];
  }

  readonly #add: Add = (rule, clause, message, severity = "error") => {
    this.#findings.push({ rule, severity, clause, message, packet: this.#index });
  };

  #lint({ nalUnits, isComplete }: DepayloadedAccessUnit): void {
    const begins = this.#linter.push(nalUnits, undefined, isComplete);
    if (this.#early >= 0 && !begins) {
      const message = "The packet before is not the last of its timestamp and has a marker";
      const packet = this.#early;
      this.#findings.push({ rule: "marker-early", severity: "error", clause: "RFC 6184 5.1", message, packet });
    }
    this.#early = -1;
  }
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
  const distance = sequenceDifference(packet.sequenceNumber, before.sequenceNumber);
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
  if (payload.kind !== "fu-a" || payload.start) {
    if (fragmented >= 0) add("fragment-unfinished", clause, "A fragmented NAL unit has no end before this packet");
    return payload.kind === "fu-a" ? payload.nalHeader : nothing;
  }
  if (fragmented === nothing) add("fragment-orphan", clause, "A fragment without the beginning of its NAL unit");
  else if (fragmented !== unknown && fragmented !== payload.nalHeader) {
    add("fragment-header", clause, "A fragment has another NRI or type than the one that began the NAL unit");
  }
  return payload.end ? nothing : fragmented;
}
