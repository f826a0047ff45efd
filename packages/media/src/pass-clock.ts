import type { DemuxedPacket } from "./demuxed-packet.ts";
import type { Demuxer } from "./demuxer.ts";

/** Times in microseconds of the container's clock; `pts` is undefined where only the decoder can tell it. */
export interface PacketTimes {
  readonly pts: number | undefined;
  readonly dts: number;
  /** Not rounded. */
  readonly duration: number;
}

/** What a container tells of the time of a packet. */
type ToldTimes = Pick<DemuxedPacket, "kind" | "pts" | "dts" | "duration">;

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
  /** The last time that the container told, and how many pictures without one have followed. */
  #knownTime: number | undefined;
  #untimed = 0;
  /** The time from one picture to the next, by the last two that the container told. */
  #measuredDuration = Number.POSITIVE_INFINITY;
  #end = 0;

  constructor(demuxer: Demuxer) {
    this.#hasTimes = demuxer.hasTimes;
    this.#frameDuration = 1_000_000 / (demuxer.info.video.framerate ?? 25);
    this.#delay = demuxer.videoDelay;
  }

  /** The times of the next packet in file order; undefined for sound without a time. */
  times(packet: ToldTimes): PacketTimes | undefined {
    const times = packet.kind === "video" ? this.#video(packet) : soundTimes(packet);
    if (times !== undefined) this.#end = Math.max(this.#end, (times.pts ?? times.dts) + times.duration);
    return times;
  }

  /**
   * Whether the time of a picture depends on the next one that has a time: {@link settle} tells it. `waiting` pictures
   * wait already.
   */
  waitsForTime({ kind, pts, dts }: ToldTimes, waiting: number): boolean {
    if (kind === "audio" || !this.#hasTimes) return false;
    const isFirst = this.#pictures === 0 && waiting === 0;
    if (pts !== undefined || dts !== undefined) return isFirst && this.#delay === 0;
    return this.#knownTime === undefined || (this.#delay === 0 && this.#measuredDuration === Number.POSITIVE_INFINITY);
  }

  /**
   * Begins with pictures that waited for `next`, the first that has a time behind them; undefined when there is none, or
   * they have waited long enough. Those before the first time are counted back from it, those between two times share
   * what lies between. Returns them without a time that cannot be: FFmpeg gives the first packet of a live input that has
   * none the time of the last that it has read ahead.
   */
  settle<T extends ToldTimes>(waiting: readonly T[], next: ToldTimes | undefined): readonly T[] {
    const duration = next?.duration || this.#frameDuration;
    const time = next?.pts ?? next?.dts;
    const told = waiting[0]?.pts ?? waiting[0]?.dts;
    if (told !== undefined && (time === undefined || told < time)) {
      this.#measuredDuration = time === undefined ? duration : (time - told) / waiting.length;
      return waiting;
    }
    const start = (time ?? waiting.length * duration) - waiting.length * duration;
    if (time === undefined) this.#measuredDuration = duration;
    this.#firstVideoPts = start;
    this.#know(start);
    this.#untimed = 0;
    return waiting.map((packet) => ({ ...packet, pts: undefined, dts: undefined }));
  }

  /** When everything that was read is over. */
  get end(): number {
    return Math.round(this.#end);
  }

  #video(packet: ToldTimes): PacketTimes {
    const duration = packet.duration || this.#frameDuration;
    const index = this.#pictures;
    if (!this.#hasTimes) {
      this.#pictures++;
      return { pts: undefined, dts: Math.round(index * duration), duration };
    }
    const known = packet.pts ?? packet.dts;
    this.#pictures++;
    this.#firstVideoPts ??= known ?? 0;
    if (this.#delay === 0) return this.#inOrder(packet, known, duration);
    // Matroska leaves out the decoding times of the first pictures: they precede the first presentation by the delay.
    const guess = Math.round(this.#firstVideoPts + (index - this.#delay) * duration);
    const dts = packet.dts ?? Math.max(guess, this.#lastVideoDts + 1);
    if (known !== undefined) this.#know(known);
    this.#lastVideoDts = dts;
    return { pts: packet.pts, dts, duration };
  }

  /** Pictures that are not reordered follow each other, whether the container tells their time or not (13818-1 2.7.5). */
  #inOrder({ pts, dts }: ToldTimes, known: number | undefined, duration: number): PacketTimes {
    let time = known;
    if (time === undefined) {
      const step = Math.min(duration, this.#measuredDuration);
      time = Math.round((this.#knownTime ?? 0) + this.#untimed * step);
      this.#untimed++;
    } else {
      this.#know(time);
    }
    const decoded = dts ?? Math.max(time, this.#lastVideoDts + 1);
    this.#lastVideoDts = decoded;
    return { pts: dts === undefined ? decoded : pts, dts: decoded, duration };
  }

  #know(time: number): void {
    const measured = (time - (this.#knownTime ?? time)) / Math.max(1, this.#untimed);
    if (measured > 0) this.#measuredDuration = measured;
    this.#knownTime = time;
    this.#untimed = 1;
  }
}

function soundTimes({ pts, dts, duration }: ToldTimes): PacketTimes | undefined {
  const time = pts ?? dts;
  return time === undefined ? undefined : { pts: time, dts: time, duration };
}
