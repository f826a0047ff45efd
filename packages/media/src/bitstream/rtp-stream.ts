import type { Finding } from "@inband/h264";
import { H264Depayloader, type H264RtpPacket, RtpReorder } from "@inband/h264/rtp";
import type { RtpPacket } from "@inband/rtp";
import type { StoredNalUnits } from "./bitstream.ts";

/** Puts the packets of one RTP stream in order and takes the NAL units out of them. */
export class RtpStream {
  readonly #reorder = new RtpReorder<H264RtpPacket>();
  readonly #depayloader = new H264Depayloader();
  #nalUnits: Uint8Array[] = [];
  #packets: RtpPacket[] = [];

  push(packet: RtpPacket): void {
    this.#packets.push(packet);
    // Files have no times of arrival: a missing packet is given up when many have followed it.
    this.#reorder.push(packet, packet.sequenceNumber, 0, this.#release);
  }

  /** Releases what still waits for missing packets. */
  end(): void {
    this.#reorder.end(this.#release);
    this.#add(this.#depayloader.flush()?.nalUnits);
  }

  /** NAL units and packets since the last call. */
  take(): StoredNalUnits {
    const group = { nalUnits: this.#nalUnits, rtpPackets: this.#packets };
    this.#nalUnits = [];
    this.#packets = [];
    return group;
  }

  /** What is wrong with the stream so far. */
  findings(): Finding[] {
    const { lost, stale, brokenFragments, malformed, tooLarge, startCodes, refused } = this.#depayloader.stats();
    const { late, duplicates } = this.#reorder.stats();
    const found: (Finding | undefined)[] = [
      counted(lost, "loss", "RFC 3550 5.1", "packet(s) are missing"),
      counted(late + stale, "late", "RFC 3550 5.1", "packet(s) came too late to be used", "warning"),
      counted(duplicates, "duplicate", "RFC 3550 5.1", "packet(s) came twice", "warning"),
      counted(brokenFragments, "fragment", "RFC 6184 5.8", "fragment(s) or fragmented NAL unit(s) are not complete"),
      counted(startCodes, "start-code-inside", "H.264 7.4.1", "payload(s) frame a byte stream as one NAL unit"),
      counted(malformed, "payload", "RFC 6184 5", "payload(s) are malformed"),
      counted(tooLarge, "too-large", "RFC 6184 5", "NAL unit(s) are too large to be read"),
    ];
    for (const [name, count] of Object.entries(refused)) {
      found.push(counted(count, "payload-type", "RFC 6184 5.4", `packet(s) of ${name}, which is not read`));
    }
    return found.filter((finding) => finding !== undefined);
  }

  readonly #release = (packet: H264RtpPacket, sequenceNumber: number): void => {
    for (const { nalUnits } of this.#depayloader.push({ ...packet, sequenceNumber })) this.#add(nalUnits);
  };

  #add(nalUnits: readonly Uint8Array[] = []): void {
    for (const nal of nalUnits) this.#nalUnits.push(nal);
  }
}

function counted(
  count: number,
  rule: string,
  clause: string,
  what: string,
  severity: Finding["severity"] = "error",
): Finding | undefined {
  return count === 0 ? undefined : { rule, severity, clause, message: `${count} ${what}` };
}
