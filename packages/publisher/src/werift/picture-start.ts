import { isVclNalUnit, NalUnitType, nalUnitType } from "@inband/h264";
import { parseRtpPayload } from "@inband/h264/rtp";

/** What an RTP payload holds of a coded picture. */
export interface PictureStart {
  readonly isKeyFrame: boolean;
  /** NAL units of the same payload that stand in front of the picture; empty for all but aggregation packets. */
  readonly before: readonly Uint8Array[];
  /** The NAL units of an aggregation packet from the picture on; undefined where the payload stays as it is. */
  readonly after: readonly Uint8Array[] | undefined;
  /** Whether the payload begins a NAL unit: nothing can be inserted in front of a fragment in the middle. */
  readonly beginsNalUnit: boolean;
}

/** Where a coded picture stands in an RTP payload (RFC 6184); undefined where it holds none, or cannot be read. */
export function pictureStart(bytes: Uint8Array): PictureStart | undefined {
  const payload = read(bytes);
  switch (payload?.kind) {
    case "single":
      return isOfPicture(payload.nal)
        ? { isKeyFrame: isIdr(payload.nal), before: [], after: undefined, beginsNalUnit: true }
        : undefined;
    case "stap-a": {
      const at = payload.nals.findIndex(isOfPicture);
      if (at < 0) return undefined;
      const after = payload.nals.slice(at);
      return { isKeyFrame: after.some(isIdr), before: payload.nals.slice(0, at), after, beginsNalUnit: true };
    }
    case "fu-a": {
      const header = Uint8Array.of(payload.nalHeader);
      return isOfPicture(header)
        ? { isKeyFrame: isIdr(header), before: [], after: undefined, beginsNalUnit: payload.start }
        : undefined;
    }
    default:
      return undefined;
  }
}

/** A prefix NAL unit belongs to the slice behind it (H.264 7.4.1.2.3, G.7.4.1.2). */
function isOfPicture(nal: Uint8Array): boolean {
  return isVclNalUnit(nal) || nalUnitType(nal) === NalUnitType.Prefix;
}

function isIdr(nal: Uint8Array): boolean {
  return (nal[0] as number) % 32 === 5;
}

function read(bytes: Uint8Array): ReturnType<typeof parseRtpPayload> | undefined {
  try {
    return parseRtpPayload(bytes);
  } catch {
    return undefined;
  }
}
