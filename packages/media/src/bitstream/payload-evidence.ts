import { detectFormat, isVclNalUnit, NalUnitType, parsePps, parseSei, parseSps } from "@inband/h264";
import { RtpPayloadType } from "@inband/h264/rtp";
import { parseRtpPacket } from "@inband/rtp";

/** NAL units of SVC and MVC that encoders of other layers send. */
const layerTypes: ReadonlySet<number> = new Set([
  NalUnitType.Prefix,
  NalUnitType.SubsetSps,
  NalUnitType.SliceExtension,
]);

/** Whether bytes are an RTP packet of H.264; with a dynamic payload type (RFC 3551 6) also where its NAL unit cannot be read. */
export function isH264Packet(bytes: Uint8Array): boolean {
  const packet = parseRtpPacket(bytes);
  if (packet === undefined) return false;
  return packet.payloadType < 96 ? isH264Payload(packet.payload) : detectFormat(packet.payload).format === "rtp";
}

/** Whether bytes are an RTP payload of H.264 by more than their first byte, which many other bytes have too. */
export function isH264Payload(bytes: Uint8Array): boolean {
  if (detectFormat(bytes).format !== "rtp") return false;
  const [header = 0, second = 0] = bytes;
  const type = header & 31;
  // RFC 6184 5.8: the R bit is 0.
  if (type === RtpPayloadType.FuA) return (second & 0x20) === 0;
  if (type === RtpPayloadType.StapA) return true;
  for (let at = 2; at < bytes.length; at += 1) {
    if ((bytes[at] as number) < 3 && bytes[at - 1] === 0 && bytes[at - 2] === 0) return false;
  }
  if (type === NalUnitType.Sei) return isReadable(() => parseSei(bytes));
  if (type === NalUnitType.Sps) return isReadable(() => parseSps(bytes));
  if (type === NalUnitType.Pps) return isReadable(() => parsePps(bytes));
  if (type === NalUnitType.AccessUnitDelimiter) return bytes.length === 2;
  return isVclNalUnit(bytes) || (layerTypes.has(type) && bytes.length <= 1500);
}

/** Whether a strict parser takes the bytes. */
export function isReadable(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
