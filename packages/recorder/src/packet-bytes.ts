import type { MediaPacket } from "@inband/h264";

/** Bytes of the NAL units of an access unit, or of a packet of sound. */
export function packetBytes(packet: MediaPacket): number {
  if (packet.kind === "audio") return packet.data.byteLength;
  let bytes = 0;
  for (const nal of packet.nalUnits) bytes += nal.byteLength;
  return bytes;
}
