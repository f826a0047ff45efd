import { H264Error, nalUnitType } from "@inband/h264";
import { forEachSei, H264Depayloader, parseRtpPayload } from "@inband/h264/rtp";
import { rtpPayload } from "../generate.ts";
import { holds, sameLists, strict, type Target } from "../target.ts";

/** One RTP payload, read in three ways. */
export const rtpPayloadTarget: Target = {
  name: "rtp-payload",
  make: rtpPayload,
  check(payload) {
    const seis: Uint8Array[] = [];
    const isDone = forEachSei(payload, (nal) => seis.push(nal));
    const depayloader = new H264Depayloader();
    const units = [...depayloader.push({ payload, sequenceNumber: 65_535, rtpTimestamp: 0, marker: true })];
    holds(depayloader.flush() === undefined, "something is left after the marker");
    const nals = units.flatMap(({ nalUnits }) => nalUnits);
    const parsed = strict(H264Error, () => parseRtpPayload(payload));
    if (parsed === undefined) {
      holds(
        units.every(({ isComplete }) => !isComplete),
        "a broken payload makes a complete access unit",
      );
      return;
    }
    if (parsed.kind === "padding") {
      holds(nals.length === 0 && seis.length === 0 && isDone, "NAL units in padding");
    } else if (parsed.kind === "fu-a") {
      holds(seis.length === 0 && isDone === ((parsed.nalHeader & 31) !== 6), "a fragment of SEI");
      holds(nals.length === 0, "a NAL unit of one fragment");
    } else {
      const whole = parsed.kind === "single" ? [parsed.nal] : parsed.nals;
      const usable = whole.filter((nal) => ((nal[0] as number) & 0x80) === 0);
      sameLists(nals, usable, "the NAL units of two readers");
      sameLists(
        seis,
        whole.filter((nal) => nalUnitType(nal) === 6),
        "the SEI of two readers",
      );
    }
  },
};
