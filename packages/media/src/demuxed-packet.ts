import type { NodeAv } from "@inband/h264/node-av";
import type { Packet, Stream } from "node-av/lib";

/** One packet of a container; times in microseconds of the container's own clock. */
export interface DemuxedPacket {
  readonly kind: "video" | "audio";
  /** A view of native memory that the next read frees. */
  readonly data: Uint8Array;
  readonly pts: number | undefined;
  readonly dts: number | undefined;
  /** Not rounded; 0 when it is not known. */
  readonly duration: number;
  /** The packet for `VideoDecoder.decode`; freed by the next read. */
  readonly native: Packet;
  /** Byte offset in the input, where it is known. */
  readonly position: number | undefined;
  /** Whether decoders may begin here, according to the container or to FFmpeg's parser. */
  readonly isSync: boolean;
  /** The configuration that holds from this packet on, where the container changes it; a copy. */
  readonly configuration: Uint8Array | undefined;
}

/** What every packet of a stream needs, read from native memory once. */
export interface Track {
  readonly kind: "video" | "audio";
  readonly index: number;
  /** The time base, in seconds: num / den. */
  readonly num: number;
  readonly den: number;
}

/** The track of a stream. */
export function trackOf(kind: "video" | "audio", { index, timeBase }: Stream): Track {
  return { kind, index, num: timeBase.num, den: timeBase.den };
}

/** The packet of a track that has just been read; undefined for one without data. */
export function demuxedPacket(packet: Packet, track: Track, constants: NodeAv["constants"]): DemuxedPacket | undefined {
  if (packet.data === null) return undefined;
  const configuration = packet.getSideData(constants.AV_PKT_DATA_NEW_EXTRADATA);
  return {
    kind: track.kind,
    data: packet.data,
    pts: microseconds(packet.pts, track),
    dts: microseconds(packet.dts, track),
    duration: (Number(packet.duration) * track.num * 1_000_000) / track.den,
    native: packet,
    position: packet.pos < 0n ? undefined : Number(packet.pos),
    isSync: (packet.flags & constants.AV_PKT_FLAG_KEY) !== 0,
    configuration: configuration === null || configuration.length === 0 ? undefined : new Uint8Array(configuration),
  };
}

function microseconds(time: bigint, { num, den }: Track): number | undefined {
  // AV_NOPTS_VALUE, the lowest 64-bit number.
  if (time === -0x8000000000000000n) return undefined;
  return Math.round((Number(time) * num * 1_000_000) / den);
}
