import { lintRtp, nalUnitType } from "@inband/h264";
import { forEachSei, H264Depayloader, type H264RtpPacket, RtpReorder } from "@inband/h264/rtp";
import { concat } from "@inband/rig/hostile-bytes";
import { rtpPayload } from "../generate.ts";
import { Input } from "../input.ts";
import { holds, type Target } from "../target.ts";

const steps = [1, 1, 1, 1, 2, -1, 0, 3, -3, 100, 2999, 3001, -3001, 30_000, -30_000, 32_768] as const;

/** Packets of one SSRC as they arrive: 2 bytes of options, then for each packet 4 bytes about it and its payload. */
export const rtpSessionTarget: Target = {
  name: "rtp-session",
  make(random) {
    const parts: (Uint8Array | number[])[] = [[random.integer(0, 255), random.integer(0, 255)]];
    for (let count = random.length(60); count > 0; count -= 1) {
      const payload = random.oneIn(12) ? new Uint8Array(0) : rtpPayload(random);
      const step = random.oneIn(4) ? random.integer(0, 15) : random.integer(0, 3);
      const time = random.pick([0, 0, 0, 1, 60]);
      parts.push([step, random.integer(0, 1) | (time << 1), payload.length >> 8, payload.length & 255], payload);
    }
    return concat(parts);
  },
  check(bytes) {
    const input = new Input(bytes);
    const windowPackets = 1 + (input.uint8() & 127);
    const maxAccessUnitBytes = 1 << (6 + (input.uint8() & 15));
    const packets = readPackets(input);
    const reorder = new RtpReorder<H264RtpPacket>({ windowPackets, timeoutMs: 50 });
    const depayloader = new H264Depayloader({ maxAccessUnitBytes });
    let last = -1;
    let released = 0;
    const release = (packet: H264RtpPacket, extended: number): void => {
      holds(extended > last, "released out of order");
      holds((extended & 0xffff) === packet.sequenceNumber, "the extended sequence number");
      last = extended;
      released += 1;
      for (const unit of depayloader.push(packet)) {
        holds(unit.nalUnits.length > 0, "an empty access unit");
        const size = unit.nalUnits.reduce((sum, nal) => sum + nal.length + 64, 0);
        holds(size <= maxAccessUnitBytes, "an access unit above the limit");
        holds(unit.isKeyFrame === unit.nalUnits.some((nal) => nalUnitType(nal) === 5), "isKeyFrame");
      }
    };
    packets.forEach((packet, index) => {
      forEachSei(packet.payload, (nal) => holds(nalUnitType(nal) === 6, "not a SEI NAL unit"));
      reorder.push(packet, packet.sequenceNumber, index, release);
      reorder.flush(index, release);
      const { deadlineMs } = reorder;
      holds(deadlineMs === undefined || deadlineMs > index, "a deadline that has passed");
    });
    reorder.end(release);
    depayloader.flush();
    const { received, duplicates, late } = reorder.stats();
    holds(received === packets.length, "received");
    holds(released + duplicates + late === received, "a packet is neither released nor counted");
    holds(depayloader.stats().packets === released, "packets of the depayloader");
    lintRtp(packets);
  },
};

function readPackets(input: Input): H264RtpPacket[] {
  const packets: H264RtpPacket[] = [];
  let sequence = 65_500;
  let rtpTimestamp = 0;
  while (!input.isAtEnd) {
    sequence = (sequence + (steps[input.uint8() & 15] as number)) & 0xffff;
    const flags = input.uint8();
    rtpTimestamp = (rtpTimestamp + (flags >> 1)) >>> 0;
    const payload = input.take(input.uint16());
    packets.push({ payload, sequenceNumber: sequence, rtpTimestamp, marker: (flags & 1) === 1 });
  }
  return packets;
}
