import { type AccessUnit, joinAnnexB } from "@inband/h264";
import { H264Depayloader } from "@inband/h264/rtp";
import { SeiH264Packetizer } from "@inband/werift";
import { H264Packetizer, type RtpPacket } from "werift";
import { delimiter, sei, slice, text } from "./frames.ts";
import { measure } from "./measure.ts";
import { atMost, type Benchmark, type Outcome } from "./row.ts";

const maxPayloadBytes = 1170;
const rtpTimestamp = 90_000;

/** RTP packets of an 86 KB access unit with a message: from the list of NAL units, and from Annex B as werift does it. */
export const payload: Benchmark = {
  name: "payload",
  run(): Outcome {
    const message = sei(text(200));
    const nalUnits = [delimiter, slice(86_000)];
    const accessUnit: AccessUnit = { kind: "video", codec: "h264", nalUnits, timestamp: 0, isKeyFrame: false };
    const annexB = Buffer.from(joinAnnexB([delimiter, message, slice(86_000)]).buffer);
    const packetizer = new SeiH264Packetizer({ maxPayloadBytes });
    const peer = new H264Packetizer({ maxPayloadSize: maxPayloadBytes, inputFormat: "annexb" });
    const ours = (): RtpPacket[] => packetizer.packetizeAccessUnit(accessUnit, rtpTimestamp, [message]);
    const werift = (): RtpPacket[] => peer.packetize(annexB, rtpTimestamp);
    for (const packets of [ours(), werift()]) check(packets, [delimiter, message, slice(86_000)]);
    const times = measure({ ours: () => ours().length, werift: () => werift().length });
    return {
      rows: [
        atMost(
          "RTP packets of 86 KB with a message",
          times.ours,
          "werift's H264Packetizer, Annex B",
          times.werift,
          0.15,
        ),
      ],
    };
  },
};

function check(packets: readonly RtpPacket[], nalUnits: readonly Uint8Array[]): void {
  const depayloader = new H264Depayloader();
  const found = packets
    .flatMap(({ header, payload }) => depayloader.push({ ...header, rtpTimestamp: header.timestamp, payload }))
    .flatMap((unit) => unit.nalUnits);
  const isSame = nalUnits.every((nal, index) => Buffer.compare(nal, found[index] ?? new Uint8Array(0)) === 0);
  if (!isSame || found.length !== nalUnits.length) throw new Error("The packets do not make the access unit again");
}
