/** What `H264Depayloader` needs of one RTP packet. */
export interface H264RtpPacket {
  /** Without RTP header, header extensions and padding; empty for a padding-only packet. Kept, never changed. */
  readonly payload: Uint8Array;
  /** 16 bits, or an extended sequence number. */
  readonly sequenceNumber: number;
  /** 90 kHz ticks, 32 bits. */
  readonly rtpTimestamp: number;
  /** The marker bit: the last packet of an access unit, where the sender is right. */
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
  /**
   * False when a packet is missing that belonged, or may have belonged, to this access unit, or one was broken; of what
   * `flush` returns also where the marker did not come, and behind a marker that stood before the end of its picture.
   */
  readonly isComplete: boolean;
}
