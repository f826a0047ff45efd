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
    const last = depayloader.flush();
    if (last !== undefined) units.push(last);
    const nals = units.flatMap(({ nalUnits }) => nalUnits);
    for (const nal of seis) holds(nalUnitType(nal) === 6, "not a SEI NAL unit");
    // A byte stream framed as one NAL unit, and a FU-A with both start and end bit, are read against the rules.
    if (hasStartCode(payload) || isWholeFragment(payload)) return;
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
      const type = parsed.nalHeader & 31;
      const isSlice = (type > 0 && type < 6) || (type > 18 && type < 22);
      holds(seis.length === 0 && isDone === isSlice, "a fragment of SEI");
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

function hasStartCode(bytes: Uint8Array): boolean {
  return bytes.some((byte, at) => byte === 1 && bytes[at - 1] === 0 && bytes[at - 2] === 0);
}

function isWholeFragment(payload: Uint8Array): boolean {
  return ((payload[0] ?? 0) & 31) === 28 && ((payload[1] ?? 0) & 0xc0) === 0xc0;
}
