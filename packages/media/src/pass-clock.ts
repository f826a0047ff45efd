import type { DemuxedPacket, Demuxer } from "./node-av.ts";

/** Times in microseconds of the container's clock; `pts` is undefined where only the decoder can tell it. */
export interface PacketTimes {
  readonly pts: number | undefined;
  readonly dts: number;
  /** Not rounded. */
  readonly duration: number;
}

/** Fills in the times that a container leaves out, over one pass through it, and finds out how long the pass is. */
export class PassClock {
  /** The time that the pass counts from; its reader sets it. */
  base = 0;
  readonly #hasTimes: boolean;
  readonly #frameDuration: number;
  readonly #delay: number;
  #pictures = 0;
  #firstVideoPts: number | undefined;
  #lastVideoDts = Number.NEGATIVE_INFINITY;
  #end = 0;

  constructor(demuxer: Demuxer) {
    this.#hasTimes = demuxer.hasTimes;
    this.#frameDuration = 1_000_000 / (demuxer.info.video.framerate ?? 25);
    this.#delay = demuxer.videoDelay;
  }

  /** The times of the next packet in file order; undefined when there is nothing yet to count from. */
  times(packet: DemuxedPacket): PacketTimes | undefined {
    const times = packet.kind === "video" ? this.#video(packet) : soundTimes(packet);
    if (times !== undefined) this.#end = Math.max(this.#end, (times.pts ?? times.dts) + times.duration);
    return times;
  }

  /** When everything that was read is over. */
  get end(): number {
    return Math.round(this.#end);
  }

  #video(packet: DemuxedPacket): PacketTimes | undefined {
    const duration = packet.duration || this.#frameDuration;
    const index = this.#pictures;
    if (!this.#hasTimes) {
      this.#pictures++;
      return { pts: undefined, dts: Math.round(index * duration), duration };
    }
    const known = packet.pts ?? packet.dts;
    // A live input may start with packets that have no time; the clock starts at the first that has one.
    if (known === undefined && index === 0) return undefined;
    this.#pictures++;
    this.#firstVideoPts ??= known ?? 0;
    // Matroska leaves out the decoding times of the first pictures: they precede the first presentation by the delay.
    const guess = this.#delay === 0 ? known : Math.round(this.#firstVideoPts + (index - this.#delay) * duration);
    const dts = packet.dts ?? Math.max(guess ?? 0, this.#lastVideoDts + 1);
    this.#lastVideoDts = dts;
    return { pts: packet.pts, dts, duration };
  }
}

function soundTimes({ pts, dts, duration }: DemuxedPacket): PacketTimes | undefined {
  const time = pts ?? dts;
  return time === undefined ? undefined : { pts: time, dts: time, duration };
}
