import { NalUnitType } from "../nal-unit.ts";
import { interleavedPayloadName, RtpPayloadType } from "./rtp-payload.ts";

/** What {@link H264Depayloader} needs of one RTP packet. */
export interface H264RtpPacket {
  /** Without RTP header, header extensions and padding; empty for a padding-only packet. Kept, never changed. */
  readonly payload: Uint8Array;
  /** 16 bits, or an extended sequence number. */
  readonly sequenceNumber: number;
  /** 90 kHz ticks, 32 bits. */
  readonly rtpTimestamp: number;
  /** The marker bit: the last packet of an access unit. */
  readonly marker: boolean;
}

/** The NAL units that travelled together. */
export interface DepayloadedAccessUnit {
  /** In decoding order; views of the packets where they were not fragmented. */
  readonly nalUnits: readonly Uint8Array[];
  /** 90 kHz ticks, 32 bits. */
  readonly rtpTimestamp: number;
  /** Whether an IDR slice is among them. */
  readonly isKeyFrame: boolean;
  /** False when a packet is missing that belonged, or may have belonged, to this access unit, or one was broken. */
  readonly isComplete: boolean;
}

/** Options of {@link H264Depayloader}. */
export interface H264DepayloaderOptions {
  /**
   * Most bytes of one access unit, every NAL unit and fragment counted as 64 more; what exceeds it is left out.
   *
   * @defaultValue 8388608: the first picture of a sequence of level 5.2 takes up to 384 * 36864 / 2 = 7077888 (A.3.1).
   */
  readonly maxAccessUnitBytes?: number;
}

/** Counts since construction. */
export interface H264DepayloaderStats {
  /** Packets pushed. */
  readonly packets: number;
  /** Sequence numbers that were jumped over. */
  readonly lost: number;
  /** Packets that were left out: duplicates, not reordered, or a far jump that the next packet did not follow. */
  readonly stale: number;
  /** Fragments without the fragments before them, and fragmented NAL units without their end. */
  readonly brokenFragments: number;
  /** Payloads that are malformed, including those with the F bit set. */
  readonly malformed: number;
  /** NAL units that were left out because their access unit exceeded `maxAccessUnitBytes`. */
  readonly tooLarge: number;
  /** Packets of types that inband does not take, by name: STAP-B, MTAP16, MTAP24, FU-B (interleaved mode) or "type N". */
  readonly refused: Readonly<Record<string, number>>;
}

/** What a NAL unit or fragment costs beside its bytes. */
const unitOverheadBytes = 64;
/** MAX_DROPOUT of RFC 3550 A.1: a longer jump, ahead or back, is believed only when the next packet follows it. */
const maxDropout = 3000;

const none: readonly DepayloadedAccessUnit[] = [];

/**
 * Puts access units together from RTP payloads in sequence order. RFC 6184 5.4 to 5.8, non-interleaved.
 *
 * Use `RtpReorder` in front of it. It never throws for any bytes: what is broken is left out, counted, and marks the
 * access unit as incomplete. An access unit ends with the marker bit, or where the timestamp changes.
 */
export class H264Depayloader {
  readonly #maxAccessUnitBytes: number;
  readonly #refused: Record<string, number> = {};
  #nals: Uint8Array[] = [];
  #nalBytes = 0;
  #isKeyFrame = false;
  #isComplete = true;
  #rtpTimestamp = 0;
  #isOpen = false;
  #lastSequence = -1;
  /** The sequence number that would confirm that the sender has begun anew. */
  #restartSequence = -1;
  #fragments: Uint8Array[] = [];
  #fragmentBytes = 0;
  #fragmentHeader = -1;
  #packets = 0;
  #lost = 0;
  #stale = 0;
  #brokenFragments = 0;
  #malformed = 0;
  #tooLarge = 0;

  /** Throws RangeError for an option out of range. */
  constructor({ maxAccessUnitBytes = 8_388_608 }: H264DepayloaderOptions = {}) {
    if (!(maxAccessUnitBytes > 0)) {
      throw new RangeError(`maxAccessUnitBytes: expected a positive number, got ${maxAccessUnitBytes}`);
    }
    this.#maxAccessUnitBytes = maxAccessUnitBytes;
  }

  /** Takes one packet; returns the access units that it ends, mostly none (a shared list) or one, in order. */
  push({ payload, sequenceNumber, rtpTimestamp, marker }: H264RtpPacket): readonly DepayloadedAccessUnit[] {
    this.#packets += 1;
    const distance = this.#lastSequence < 0 ? 1 : this.#distance(sequenceNumber);
    if (distance <= 0) {
      this.#stale += 1;
      return none;
    }
    this.#lastSequence = sequenceNumber;
    const hasGap = distance > 1;
    if (hasGap) {
      if (distance < 0x8000) this.#lost += distance - 1;
      this.#abandonFragments();
      this.#isComplete = false;
    }
    let previous: DepayloadedAccessUnit | undefined;
    if (payload.length > 0) {
      if (this.#isOpen && rtpTimestamp !== this.#rtpTimestamp) {
        previous = this.#close();
        if (hasGap) this.#isComplete = false;
      }
      this.#isOpen = true;
      this.#rtpTimestamp = rtpTimestamp;
      this.#read(payload);
    }
    const current = marker && this.#isOpen && rtpTimestamp === this.#rtpTimestamp ? this.#close() : undefined;
    if (previous === undefined) return current === undefined ? none : [current];
    return current === undefined ? [previous] : [previous, current];
  }

  /** The access unit that has begun and not ended, as at the end of the stream. */
  flush(): DepayloadedAccessUnit | undefined {
    if (!this.#isOpen) return undefined;
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
      refused: { ...this.#refused },
    };
  }

  /** How far a packet is ahead of the one before it: 1 for the next, 0 or less for a stale one. */
  #distance(sequenceNumber: number): number {
    const last = this.#lastSequence;
    // Extended sequence numbers never go back, and may jump further than 16 bits can tell.
    if (sequenceNumber > 0xffff || last > 0xffff) return sequenceNumber - last;
    const distance = ((sequenceNumber - last) << 16) >> 16;
    if (Math.abs(distance) <= maxDropout) return distance;
    const isRestart = sequenceNumber === this.#restartSequence;
    this.#restartSequence = (sequenceNumber + 1) & 0xffff;
    return isRestart ? 0x8000 : -1;
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
    else if (type > 0 && type < 24) this.#add(payload);
    else {
      const name = interleavedPayloadName(type) ?? `type ${type}`;
      this.#refused[name] = (this.#refused[name] ?? 0) + 1;
      this.#isComplete = false;
    }
  }

  #readStapA(payload: Uint8Array): void {
    let at = 1;
    while (at + 2 < payload.length) {
      const start = at + 2;
      at = start + (((payload[at] as number) << 8) | (payload[at + 1] as number));
      if (at > payload.length) break;
      const type = (payload[start] as number) & 31;
      if (at === start || type === 0 || type > 23 || (payload[start] as number) & 0x80) this.#spoil();
      else this.#add(payload.subarray(start, at));
    }
    if (at !== payload.length || at === 1) this.#spoil();
  }

  #readFragment(payload: Uint8Array): void {
    const fu = payload[1] ?? 0;
    const type = fu & 31;
    const isStart = (fu & 0x80) !== 0;
    const isEnd = (fu & 0x40) !== 0;
    if (type === 0 || type > 23 || (isStart && isEnd)) {
      this.#abandonFragments();
      this.#spoil();
      return;
    }
    const nalHeader = ((payload[0] as number) & 0x60) | type;
    if (isStart) {
      this.#abandonFragments();
      this.#fragmentHeader = nalHeader;
    } else if (nalHeader !== this.#fragmentHeader) {
      if (this.#fragmentHeader >= 0) this.#abandonFragments();
      this.#brokenFragments += 1;
      this.#isComplete = false;
      return;
    }
    this.#fragments.push(payload);
    this.#fragmentBytes += payload.length - 2;
    const kept = this.#nalBytes + this.#fragmentBytes + unitOverheadBytes * this.#fragments.length;
    if (kept > this.#maxAccessUnitBytes) {
      this.#fragmentHeader = -1;
      this.#fragments = [];
      this.#fragmentBytes = 0;
      this.#exceed();
      return;
    }
    if (!isEnd) return;
    const nal = new Uint8Array(1 + this.#fragmentBytes);
    nal[0] = nalHeader;
    let at = 1;
    for (const fragment of this.#fragments) {
      nal.set(fragment.subarray(2), at);
      at += fragment.length - 2;
    }
    this.#fragmentHeader = -1;
    this.#fragments = [];
    this.#fragmentBytes = 0;
    this.#add(nal);
  }

  #add(nal: Uint8Array): void {
    if (this.#nalBytes + nal.length + unitOverheadBytes > this.#maxAccessUnitBytes) {
      this.#exceed();
      return;
    }
    this.#nals.push(nal);
    this.#nalBytes += nal.length + unitOverheadBytes;
    if (((nal[0] as number) & 31) === NalUnitType.SliceIdr) this.#isKeyFrame = true;
  }

  #abandonFragments(): void {
    if (this.#fragmentHeader < 0) return;
    this.#fragmentHeader = -1;
    this.#fragments = [];
    this.#fragmentBytes = 0;
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
    this.#isKeyFrame = false;
    this.#isComplete = true;
    this.#isOpen = false;
    return accessUnit.nalUnits.length > 0 ? accessUnit : undefined;
  }
}
