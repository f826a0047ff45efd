import type { MediaPacket } from "@inband/h264";
import type { DemuxedPacket } from "./demuxed-packet.ts";
import type { MediaInfo } from "./media-info.ts";
import type { NalUnitReader } from "./nal-unit-reader.ts";
import type { PacketTimes } from "./pass-clock.ts";

/** Packets that are held at most until their times are known. */
export const heldPacketsLimit = 64;

/** A packet in memory of our own, with its times. */
export type TimedPacket = Pick<DemuxedPacket, "kind" | "data" | "isSync" | "configuration"> & PacketTimes;

/** Adds the time of the earliest packet, which is known once each stream has shown its first one. */
export async function* withBase(
  packets: AsyncIterable<TimedPacket>,
  hasAudio: boolean,
): AsyncGenerator<TimedPacket & { base: number }, void, undefined> {
  const held: TimedPacket[] = [];
  let base: number | undefined;
  for await (const packet of packets) {
    if (base !== undefined) {
      yield { ...packet, base };
      continue;
    }
    held.push(packet);
    const kinds = new Set(held.map(({ kind }) => kind));
    if (kinds.size < (hasAudio ? 2 : 1) && held.length < heldPacketsLimit) continue;
    base = earliest(held);
    for (const first of held.splice(0)) yield { ...first, base };
  }
  for (const last of held) yield { ...last, base: earliest(held) };
}

function earliest(packets: readonly TimedPacket[]): number {
  return Math.min(...packets.map(({ pts, dts }) => pts ?? dts));
}

/** The packet with its times moved by `shift`; undefined where nothing of it is delivered. */
export function mediaPacket(
  packet: TimedPacket,
  shift: number,
  reader: NalUnitReader,
  info: MediaInfo,
): MediaPacket | undefined {
  const timestamp = (packet.pts ?? packet.dts) + shift;
  const duration = packet.duration > 0 ? { duration: Math.round(packet.duration) } : {};
  if (packet.kind === "audio") {
    // Priming sound of a stream that began after the other streams' first packets.
    if (timestamp < 0) return undefined;
    const codec = info.audio?.codec === "opus" ? "opus" : "aac";
    return { kind: "audio", codec, data: packet.data, timestamp, ...duration };
  }
  const { nalUnits, isKeyFrame } = reader.read(packet);
  if (nalUnits.length === 0) return undefined;
  const decodeTimestamp = packet.dts + shift;
  const decode = decodeTimestamp === timestamp ? {} : { decodeTimestamp };
  return { kind: "video", codec: "h264", nalUnits, timestamp, ...decode, ...duration, isKeyFrame };
}
