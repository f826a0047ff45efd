/** The content of a box (ISO/IEC 14496-12 4.2), by offsets. */
interface Box {
  readonly type: string;
  readonly begin: number;
  readonly end: number;
}

/** Counts the access units in the fragmented MP4 that a player appends to its buffers: the samples of video tracks. */
export class VideoSamples {
  /** Of the last initialization segment. */
  #videoTracks: ReadonlySet<number> = new Set();

  /** The number of video samples in an initialization or media segment. `isVideo` if all its tracks are video. */
  count(segment: Uint8Array, isVideo: boolean): number {
    const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
    let count = 0;
    for (const { type, begin, end } of boxes(view, 0, view.byteLength)) {
      if (type === "moov") this.#videoTracks = videoTracks(view, begin, end);
      if (type !== "moof") continue;
      for (const fragment of boxes(view, begin, end)) {
        if (fragment.type === "traf") count += this.#countTrack(view, fragment, isVideo);
      }
    }
    return count;
  }

  /** ISO/IEC 14496-12 8.8.7 and 8.8.8. */
  #countTrack(view: DataView, { begin, end }: Box, isVideo: boolean): number {
    let count = 0;
    for (const box of boxes(view, begin, end)) {
      if (box.type === "tfhd" && !isVideo && !this.#videoTracks.has(uint32(view, box, 4))) return 0;
      if (box.type === "trun") count += uint32(view, box, 4);
    }
    return count;
  }
}

/** The tracks whose handler is `vide` (ISO/IEC 14496-12 8.3.2 and 8.4.3). */
function videoTracks(view: DataView, begin: number, end: number): Set<number> {
  const found = new Set<number>();
  for (const track of boxes(view, begin, end)) {
    if (track.type !== "trak") continue;
    let id = 0;
    for (const box of boxes(view, track.begin, track.end)) {
      if (box.type === "tkhd") id = uint32(view, box, uint32(view, box, 0) >>> 24 === 1 ? 20 : 12);
      if (box.type !== "mdia") continue;
      for (const media of boxes(view, box.begin, box.end)) {
        if (media.type === "hdlr" && uint32(view, media, 8) === 0x7669_6465) found.add(id);
      }
    }
  }
  return found;
}

/** Stops at the first broken box. */
function* boxes(view: DataView, from: number, to: number): Generator<Box> {
  for (let at = from; at + 8 <= to; ) {
    const size = view.getUint32(at);
    const type = String.fromCharCode(...[4, 5, 6, 7].map((offset) => view.getUint8(at + offset)));
    const isLarge = size === 1 && at + 16 <= to;
    const begin = at + (isLarge ? 16 : 8);
    const end = size === 0 ? to : at + (isLarge ? Number(view.getBigUint64(at + 8)) : size);
    if (end < begin || end > to) return;
    yield { type, begin, end };
    at = end;
  }
}

/** 0 beyond the end of the box. */
function uint32(view: DataView, { begin, end }: Box, offset: number): number {
  return begin + offset + 4 <= end ? view.getUint32(begin + offset) : 0;
}
