import { isVclNalUnit, NalUnitType, nalUnitType, splitFramed } from "@inband/h264";
import { parseRtpPayload, RtpPayloadType } from "@inband/h264/rtp";

/** What an RTP payload holds of a coded picture. */
export interface PictureStart {
  readonly isKeyFrame: boolean;
  /** NAL units of the same payload in front of the picture; empty where it holds one NAL unit. */
  readonly before: readonly Uint8Array[];
  /** The NAL units of the payload from the picture on; undefined where the payload stays as it is. */
  readonly after: readonly Uint8Array[] | undefined;
  /** Whether the payload begins a NAL unit: nothing can be inserted in front of a fragment in the middle. */
  readonly beginsNalUnit: boolean;
}

/**
 * Where a coded picture begins in an RTP payload (RFC 6184); undefined where it holds none, or cannot be read.
 *
 * It also finds the picture in a byte stream that is framed as one NAL unit, against H.264 7.4.1, and in a FU-A with both
 * start and end bit, against RFC 6184 5.8: receivers play both.
 */
export function pictureStart(bytes: Uint8Array): PictureStart | undefined {
  const header = bytes[0] ?? 0x80;
  const type = header & 31;
  if (header & 0x80 || (type > 23 && type !== RtpPayloadType.StapA && type !== RtpPayloadType.FuA)) return undefined;
  if (type === RtpPayloadType.FuA) return startInFragment(bytes);
  const framed = type === RtpPayloadType.StapA ? nalUnitsOfStapA(bytes) : [bytes];
  const nals = framed.flatMap((unit) => splitFramed(unit));
  const at = nals.findIndex(isOfPicture);
  if (at < 0) return undefined;
  if (at === 0 && type !== RtpPayloadType.StapA) {
    return { isKeyFrame: isIdr(nals[0] as Uint8Array), before: [], after: undefined, beginsNalUnit: true };
  }
  const after = nals.slice(at);
  return { isKeyFrame: after.some(isIdr), before: nals.slice(0, at), after, beginsNalUnit: true };
}

function startInFragment(bytes: Uint8Array): PictureStart | undefined {
  const fu = bytes[1] ?? 0;
  const nal = Uint8Array.of(fu & 31);
  if (isOfPicture(nal)) return { isKeyFrame: isIdr(nal), before: [], after: undefined, beginsNalUnit: fu >= 0x80 };
  if (fu < 0x80) return undefined;
  const framed = new Uint8Array(bytes.subarray(1));
  framed[0] = fu & 31;
  const picture = splitFramed(framed, "never").find(isOfPicture);
  return picture && { isKeyFrame: isIdr(picture), before: [], after: undefined, beginsNalUnit: true };
}

/** A prefix NAL unit belongs to the slice behind it (H.264 7.4.1.2.3, G.7.4.1.2). */
function isOfPicture(nal: Uint8Array): boolean {
  return isVclNalUnit(nal) || nalUnitType(nal) === NalUnitType.Prefix;
}

function isIdr(nal: Uint8Array): boolean {
  return (nal[0] as number) % 32 === 5;
}

function nalUnitsOfStapA(bytes: Uint8Array): readonly Uint8Array[] {
  try {
    const payload = parseRtpPayload(bytes);
    return payload.kind === "stap-a" ? payload.nals : [];
  } catch {
    return [];
  }
}
