import { isVclNalUnit, readUserData, splitFramed } from "@inband/h264";
import { BoundedMap } from "./bounded-map.ts";

/** Fragments that are kept: 128 of 1170 bytes hold twice the largest SEI that a sender was seen to write. */
const maxFragments = 128;
/** Fragments that may precede the first slice of a key frame that is framed as one NAL unit. */
const maxFragmentsBeforeSlice = 8;

interface Fragment {
  readonly payload: Uint8Array;
  readonly rtpTimestamp: number;
}

/**
 * Joins SEI NAL units that are larger than an RTP packet (FU-A, RFC 6184 5.8) from fragments in any order, as soon as the
 * last one has arrived. It looks at these fragments alone and needs neither the other packets nor a timer.
 *
 * Some cameras send parameter sets, SEI and the slices of a key frame as one NAL unit, with start codes between them: its
 * SEI is read as soon as the first slice has begun.
 */
export class FragmentedSei {
  /** By sequence number, in order of arrival. */
  readonly #fragments = new BoundedMap<number, Fragment>(maxFragments);

  /** Takes a fragment of a NAL unit that is not a slice. Returns the NAL unit once it is whole, in a fresh buffer. */
  push(sequenceNumber: number, rtpTimestamp: number, payload: Uint8Array): Uint8Array | undefined {
    if (payload.length < 2) return undefined;
    this.#fragments.set(sequenceNumber, { payload, rtpTimestamp });
    const first = this.#walk(sequenceNumber, rtpTimestamp, -1);
    if (first === undefined) return undefined;
    const last = this.#walk(sequenceNumber, rtpTimestamp, 1);
    return last === undefined ? this.#joinBeforeSlice(first, rtpTimestamp) : this.#join(first, last);
  }

  /** The sequence number of the start (step -1) or of the end (step 1), if every fragment up to there is present. */
  #walk(from: number, rtpTimestamp: number, step: -1 | 1): number | undefined {
    const edge = step < 0 ? 0x80 : 0x40;
    for (let at = from; ; at = (at + step) & 0xffff) {
      const fragment = this.#fragments.get(at);
      if (fragment === undefined || fragment.rtpTimestamp !== rtpTimestamp) return undefined;
      if ((fragment.payload[1] as number) & edge) return at;
      // A start before the end, or an end after the start, belongs to another NAL unit.
      if (at !== from && (fragment.payload[1] as number) & 0xc0) return undefined;
    }
  }

  /** The fragments from the first one on, if a slice begins in them and all SEI before it is whole. */
  #joinBeforeSlice(first: number, rtpTimestamp: number): Uint8Array | undefined {
    let last = first;
    for (let count = 1; ; count += 1) {
      const next = this.#fragments.get((last + 1) & 0xffff);
      if (next === undefined || next.rtpTimestamp !== rtpTimestamp || (next.payload[1] as number) & 0x80) break;
      if (count === maxFragmentsBeforeSlice) return undefined;
      last = (last + 1) & 0xffff;
    }
    const nals = splitFramed(this.#joined(first, last), "never");
    const hasSlice = nals.length > 1 && isVclNalUnit(nals.at(-1) as Uint8Array);
    if (!hasSlice || nals.some((nal) => readUserData(nal, () => {}) > 0)) return undefined;
    return this.#join(first, last);
  }

  /** Joins the fragments and removes them. */
  #join(first: number, last: number): Uint8Array {
    const nal = this.#joined(first, last);
    for (let at = first; ; at = (at + 1) & 0xffff) {
      this.#fragments.delete(at);
      if (at === last) return nal;
    }
  }

  #joined(first: number, last: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let bytes = 1;
    for (let at = first; ; at = (at + 1) & 0xffff) {
      const { payload } = this.#fragments.get(at) as Fragment;
      parts.push(payload.subarray(2));
      bytes += payload.length - 2;
      if (at === last) {
        const nal = new Uint8Array(bytes);
        nal[0] = ((payload[0] as number) & 0x60) | ((payload[1] as number) & 0x1f);
        let offset = 1;
        for (const part of parts) {
          nal.set(part, offset);
          offset += part.length;
        }
        return nal;
      }
    }
  }
}
