import { H264Error, splitAnnexB } from "@inband/h264";
import {
  type DepayloadedAccessUnit,
  H264Depayloader,
  H264Payloader,
  type H264RtpPacket,
  parseRtpPayload,
  RtpReorder,
} from "@inband/h264/rtp";
import { concat } from "@inband/rig/hostile-bytes";
import { Random } from "@inband/rig/random";
import { annexB } from "../generate.ts";
import { Input } from "../input.ts";
import { holds, sameLists, strict, type Target } from "../target.ts";

/** Access units on their way out and back in: 2 bytes MTU, 2 bytes for the network, an access unit as a byte stream. */
export const payloaderTarget: Target = {
  name: "payloader",
  make: (random) =>
    concat([
      [random.integer(0, 4), random.integer(0, 255), random.integer(0, 255), random.integer(0, 255)],
      annexB(random),
    ]),
  check(bytes) {
    const input = new Input(bytes);
    const maxPayloadBytes = 16 + (input.uint16() % 1500);
    const random = new Random(input.uint16());
    const sent = splitAnnexB(input.rest());
    const readable = sent.filter((nal) => ((nal[0] as number) & 31) > 0 && ((nal[0] as number) & 31) < 24);
    const payloader = new H264Payloader({ maxPayloadBytes });
    const payloads = payloader.payloads(sent);
    holds(payloader.skippedNalUnits === sent.length - readable.length, "the count of skipped NAL units");
    for (const [index, { payload, marker }] of payloads.entries()) {
      holds(payload.length <= maxPayloadBytes, "a payload above the limit");
      holds(marker === (index === payloads.length - 1), "the marker");
      const parsed = strict(H264Error, () => parseRtpPayload(payload));
      if (parsed?.kind === "stap-a") holds(parsed.nals.length <= 9, "a STAP-A of 10 NAL units");
    }
    const usable = readable.filter((nal) => ((nal[0] as number) & 0x80) === 0);
    if (usable.length === readable.length) {
      const first = random.pick([0, 1000, 65_534]);
      const packets = payloads.map(({ payload, marker }, index) => ({
        payload,
        marker,
        sequenceNumber: (first + index) & 0xffff,
        rtpTimestamp: 90_000,
      }));
      checkWay(packets, packets, readable);
      checkWay(packets, disturb(packets, random), readable);
    }
    const single = strict(H264Error, () => new H264Payloader({ maxPayloadBytes, packetizationMode: 0 }).payloads(sent));
    const fits = readable.every((nal) => nal.length <= maxPayloadBytes);
    holds((single !== undefined) === fits, "packetization-mode 0");
    if (single)
      sameLists(
        single.map(({ payload }) => payload),
        readable,
        "packetization-mode 0",
      );
  },
};

/** Every packet at most 60 places early or late, some twice. The first stays: nothing says that another is missing. */
function disturb(packets: readonly H264RtpPacket[], random: Random): H264RtpPacket[] {
  const places = packets.flatMap((packet, index) => {
    const place = () => (index === 0 ? 0 : index + random.integer(0, 60));
    return random.oneIn(5)
      ? [
          { packet, at: place() },
          { packet, at: place() },
        ]
      : [{ packet, at: place() }];
  });
  return places.sort((a, b) => a.at - b.at).map(({ packet }) => packet);
}

function checkWay(
  packets: readonly H264RtpPacket[],
  arriving: readonly H264RtpPacket[],
  nals: readonly Uint8Array[],
): void {
  const reorder = new RtpReorder<H264RtpPacket>();
  const depayloader = new H264Depayloader();
  const arrived: Uint8Array[] = [];
  const take = (unit: DepayloadedAccessUnit): void => {
    holds(unit.isComplete, "an access unit is not complete");
    arrived.push(...unit.nalUnits);
  };
  const release = (packet: H264RtpPacket): void => {
    for (const unit of depayloader.push(packet)) take(unit);
  };
  for (const packet of arriving) reorder.push(packet, packet.sequenceNumber, 0, release);
  reorder.end(release);
  // A marker ends a picture; what has no slice waits for one of its timestamp.
  const left = depayloader.flush();
  const hasSlice = nals.some((nal) => ((nal[0] as number) & 31) >= 1 && ((nal[0] as number) & 31) <= 5);
  holds(left === undefined || !hasSlice, "something is left after the marker");
  if (left !== undefined) take(left);
  sameLists(arrived, nals, arriving === packets ? "depayload of payload" : "depayload of payload, disturbed");
}
