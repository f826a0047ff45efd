import { ExtendedSequence } from "@inband/rtp";
import { skipStartCode, walkFramed } from "../framed-nal-unit.ts";
import { isVclNalUnitType, NalUnitType } from "../nal-unit.ts";
import type { DepayloadedAccessUnit, H264RtpPacket } from "./depayloaded-access-unit.ts";
import { Fragments } from "./fragments.ts";
import type { H264DepayloaderStats } from "./h264-depayloader-stats.ts";
import { MarkerTrust } from "./marker-trust.ts";
import { continuesPicture } from "./picture-continuation.ts";
import { interleavedPayloadName, RtpPayloadType } from "./rtp-payload.ts";
import { walkStapA } from "./walk-stap-a.ts";

/** Options of {@link H264Depayloader}. */
export interface H264DepayloaderOptions {
  /**
   * Most bytes of one access unit, every NAL unit and fragment counted as 64 more; what exceeds it is left out.
   *
   * @defaultValue 8388608: the first picture of a sequence of level 5.2 takes up to 384 * 36864 / 2 = 7077888 (A.3.1).
   */
  readonly maxAccessUnitBytes?: number;
}

/** What a NAL unit or fragment costs beside its bytes. */
const unitOverheadBytes = 64;
/** How far a restart of the sender counts as ahead: more than 16 bits can tell, so that no loss is counted. */
const restartDistance = 0x8000;

const none: readonly DepayloadedAccessUnit[] = [];

/**
 * Puts access units together from RTP payloads in sequence order. RFC 6184 5.4 to 5.8, non-interleaved.
 *
 * Use `RtpReorder` in front of it. It never throws for any bytes: what is broken is left out, counted, and marks the
 * access unit as incomplete. An access unit ends with the marker bit, or where the timestamp changes. A receiver must not
 * rely on the marker (5.1): once a picture has gone on behind one, as it does where each NAL unit has a marker, pictures
 * end where the next begins, one packet later, until markers are right again.
 *
 * Some senders break the rules in ways that leave nothing unclear, and are understood: a byte stream framed as one NAL
 * unit is split at its start codes, and a FU-A with both start and end bit is a whole NAL unit.
 */
export class H264Depayloader {
  readonly #maxAccessUnitBytes: number;
  readonly #refused: Record<string, number> = {};
  #nals: Uint8Array[] = [];
  #nalBytes = 0;
  #isKeyFrame = false;
  #isComplete = true;
  #hasSlice = false;
  #rtpTimestamp = 0;
  #isOpen = false;
  /** Packets are missing in front of the next one that is not padding alone. */
  #hasGap = false;
  readonly #markers = new MarkerTrust();
  /** Whether the last packet of the open access unit has the marker. */
  #isMarked = false;
  /** The timestamp of the last access unit, if its marker ended it; otherwise -1. */
  #markedTimestamp = -1;
  readonly #sequence = new ExtendedSequence();
  readonly #fragments = new Fragments();
  #packets = 0;
  #lost = 0;
  #stale = 0;
  #brokenFragments = 0;
  #malformed = 0;
  #tooLarge = 0;
  #startCodes = 0;

  /** @throws RangeError for an option out of range. */
  constructor({ maxAccessUnitBytes = 8_388_608 }: H264DepayloaderOptions = {}) {
    if (!(maxAccessUnitBytes > 0)) {
      throw new RangeError(`maxAccessUnitBytes: expected a positive number, got ${maxAccessUnitBytes}`);
    }
    this.#maxAccessUnitBytes = maxAccessUnitBytes;
  }

  /** Takes one packet; returns the access units that it ends, mostly none (a shared list) or one, in order. */
  push({ payload, sequenceNumber, rtpTimestamp, marker }: H264RtpPacket): readonly DepayloadedAccessUnit[] {
    this.#packets += 1;
    const distance = this.#distance(sequenceNumber);
    if (distance <= 0) {
      this.#stale += 1;
      return none;
    }
    if (distance > 1) {
      if (distance < restartDistance) this.#lost += distance - 1;
      this.#abandonFragments();
      this.#isComplete = false;
      this.#hasGap = true;
    }
    const previous = payload.length > 0 ? this.#begin(payload, rtpTimestamp) : undefined;
    let current: DepayloadedAccessUnit | undefined;
    if (marker && this.#isOpen && rtpTimestamp === this.#rtpTimestamp) {
      this.#isMarked = true;
      if (this.#markers.isTrusted && this.#hasSlice && this.#fragments.header < 0) {
        current = this.#close();
        this.#markedTimestamp = rtpTimestamp;
      }
    }
    if (previous === undefined) return current === undefined ? none : [current];
    return current === undefined ? [previous] : [previous, current];
  }

  /** The access unit that has begun and not ended, as at the end of the stream. */
  flush(): DepayloadedAccessUnit | undefined {
    if (!this.#isOpen) return undefined;
    if (!this.#isMarked) this.#isComplete = false;
    return this.#close();
  }

  /** Counts since construction. */
  stats(): H264DepayloaderStats {
    return {
      packets: this.#packets,
      lost: this.#lost,
      stale: this.#stale,
      brokenFragments: this.#brokenFragments,
      malformed: this.#malformed,
      tooLarge: this.#tooLarge,
      startCodes: this.#startCodes,
      earlyMarkers: this.#markers.early,
      refused: { ...this.#refused },
    };
  }

  /** How far a packet is ahead of the one before it: 1 for the next, 0 or less for a stale one. */
  #distance(sequenceNumber: number): number {
    const sequence = this.#sequence;
    const { highest, restarts } = sequence;
    const extended = sequenceNumber > 0xffff ? sequenceNumber : sequence.accept(sequenceNumber);
    if (extended === undefined) return -1;
    sequence.advance(extended);
    if (highest < 0) return 1;
    return sequence.restarts > restarts ? restartDistance : extended - highest;
  }

  /** Reads a payload; returns the access unit before it when it begins another. */
  #begin(payload: Uint8Array, rtpTimestamp: number): DepayloadedAccessUnit | undefined {
    let previous: DepayloadedAccessUnit | undefined;
    const isSameTime = rtpTimestamp === (this.#isOpen ? this.#rtpTimestamp : this.#markedTimestamp);
    const goesOn = isSameTime && ((this.#isOpen && !this.#hasSlice) || continuesPicture(payload));
    if (this.#isOpen && (!isSameTime || (this.#isMarked && !goesOn))) {
      previous = this.#close();
    } else if (goesOn && !this.#hasGap && (this.#isMarked || !this.#isOpen)) {
      this.#markers.wasEarly();
      // The beginning of its picture has been given out.
      if (!this.#isOpen) this.#isComplete = false;
    }
    if (this.#hasGap) this.#isComplete = false;
    this.#hasGap = false;
    this.#isOpen = true;
    this.#isMarked = false;
    this.#markedTimestamp = -1;
    this.#rtpTimestamp = rtpTimestamp;
    this.#read(payload);
    return previous;
  }

  #read(payload: Uint8Array): void {
    const header = payload[0] as number;
    const type = header & 31;
    if (header & 0x80) {
      this.#abandonFragments();
      this.#spoil();
      return;
    }
    if (type === RtpPayloadType.FuA) {
      this.#readFragment(payload);
      return;
    }
    this.#abandonFragments();
    if (type === RtpPayloadType.StapA) this.#readStapA(payload);
    else if (type < 24 && (type > 0 || skipStartCode(payload, 0) > 0)) this.#split(payload);
    else {
      const name = interleavedPayloadName(type) ?? `type ${type}`;
      this.#refused[name] = (this.#refused[name] ?? 0) + 1;
      this.#isComplete = false;
    }
  }

  #readStapA(payload: Uint8Array): void {
    const isWhole = walkStapA(payload, (framed) => {
      if (framed.length === 0) this.#spoil();
      else this.#split(framed);
    });
    if (!isWhole) this.#spoil();
  }

  #readFragment(payload: Uint8Array): void {
    const fu = payload[1] ?? 0;
    const type = fu & 31;
    const isStart = (fu & 0x80) !== 0;
    const isEnd = (fu & 0x40) !== 0;
    if (type > 23) {
      this.#abandonFragments();
      this.#spoil();
      return;
    }
    const nalHeader = ((payload[0] as number) & 0x60) | type;
    const fragments = this.#fragments;
    if (isStart) {
      this.#abandonFragments();
      fragments.begin(nalHeader);
    } else if (nalHeader !== fragments.header) {
      this.#abandonFragments();
      this.#brokenFragments += 1;
      this.#isComplete = false;
      return;
    }
    fragments.add(payload);
    const kept = this.#nalBytes + fragments.bytes + unitOverheadBytes * fragments.count;
    if (kept > this.#maxAccessUnitBytes) {
      fragments.clear();
      this.#exceed();
    } else if (isEnd) this.#split(fragments.join());
  }

  /** The NAL units in what is framed as one. */
  #split(framed: Uint8Array): void {
    // A sender that has framed a byte stream once may do it with slices alone, too.
    const hasStartCode = walkFramed(framed, this.#startCodes > 0 ? "always" : "if-broken", (nal) => {
      const header = nal[0] as number;
      if (header & 0x80 || (header & 31) === 0 || (header & 31) > 23) this.#spoil();
      else this.#add(nal);
    });
    if (hasStartCode) this.#startCodes += 1;
  }

  #add(nal: Uint8Array): void {
    if (this.#nalBytes + nal.length + unitOverheadBytes > this.#maxAccessUnitBytes) {
      this.#exceed();
      return;
    }
    this.#nals.push(nal);
    this.#nalBytes += nal.length + unitOverheadBytes;
    const type = (nal[0] as number) & 31;
    if (type === NalUnitType.SliceIdr) this.#isKeyFrame = true;
    if (isVclNalUnitType(type)) this.#hasSlice = true;
  }

  #abandonFragments(): void {
    if (this.#fragments.header < 0) return;
    this.#fragments.clear();
    this.#brokenFragments += 1;
    this.#isComplete = false;
  }

  #spoil(): void {
    this.#malformed += 1;
    this.#isComplete = false;
  }

  #exceed(): void {
    this.#tooLarge += 1;
    this.#isComplete = false;
  }

  /** The open access unit, and room for the next; undefined when nothing of it could be used. */
  #close(): DepayloadedAccessUnit | undefined {
    this.#abandonFragments();
    const accessUnit: DepayloadedAccessUnit = {
      nalUnits: this.#nals,
      rtpTimestamp: this.#rtpTimestamp,
      isKeyFrame: this.#isKeyFrame,
      isComplete: this.#isComplete,
    };
    this.#nals = [];
    this.#nalBytes = 0;
    this.#markers.ended(this.#isMarked);
    this.#isKeyFrame = false;
    this.#isComplete = true;
    this.#hasSlice = false;
    this.#isOpen = false;
    this.#isMarked = false;
    return accessUnit.nalUnits.length > 0 ? accessUnit : undefined;
  }
}
