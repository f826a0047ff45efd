import { H264Error, NalUnitType, nalUnitType, parseSps, type Sps } from "@inband/h264";
import { parseRtpPayload, RtpPayloadType } from "@inband/h264/rtp";

/** The sequence parameter set in an RTP payload, with which a key frame begins; undefined where there is none. */
export function spsOf(payload: Buffer): Sps | undefined {
  const type = (payload[0] ?? 0) & 31;
  if (type !== NalUnitType.Sps && type !== RtpPayloadType.StapA) return undefined;
  try {
    const parsed = parseRtpPayload(payload);
    const nals = parsed.kind === "stap-a" ? parsed.nals : parsed.kind === "single" ? [parsed.nal] : [];
    const sps = nals.find((nal) => nalUnitType(nal) === NalUnitType.Sps);
    return sps && parseSps(sps);
  } catch (error) {
    if (error instanceof H264Error) return undefined;
    throw error;
  }
}

/** Whether an IDR picture begins in an RTP payload, alone or in fragments: encoders may send parameter sets only once. */
export function beginsIdr(payload: Buffer): boolean {
  const type = (payload[0] ?? 0) & 31;
  if (type === NalUnitType.SliceIdr) return true;
  const fragment = payload[1] ?? 0;
  return type === RtpPayloadType.FuA && fragment >= 0x80 && (fragment & 31) === NalUnitType.SliceIdr;
}

/** Whether a Dependency Descriptor begins a frame and brings a structure, as it does on key frames. */
export function describesKeyFrame(descriptor: Buffer): boolean {
  return descriptor.length > 3 && (descriptor[0] as number) >= 0x80 && (descriptor[3] as number) >= 0x80;
}
