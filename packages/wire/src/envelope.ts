/** First byte of an envelope: no MessagePack value begins with it. */
export const envelopeMark = 0xc1;

/** The version of the envelope that this package writes and reads. */
export const envelopeVersion = 1;

/** The most bytes of a topic as UTF-8: it is repeated in every fragment. */
export const maxTopicBytes = 255;

/** The most fragments of a message: 64 KiB of zeros, which need the most emulation prevention, under the longest topic take 150. */
export const maxFragments = 256;

/** Bits of {@link Envelope.flags}. */
export const EnvelopeFlag = {
  /** The topic is retained: the newest such message is sent again from each key frame on. */
  Retained: 1,
  /** For the machinery of the receiver, not a message of the application: see `readHeartbeat`. */
  Heartbeat: 2,
  /** On a heartbeat: the last one on this stream; its source has been closed, or sends elsewhere from now on. */
  Last: 4,
} as const;

/** One envelope: a message or a fragment of one. SPEC.md says what its bytes are. */
export interface Envelope {
  /** UUIDv7 in canonical text. */
  readonly id: string;
  /** uint32, random for each publisher. */
  readonly source: number;
  /** uint32, counts the messages of a source on a topic from 0, modulo 2^32. */
  readonly sequence: number;
  readonly topic: string | undefined;
  /** Bits of {@link EnvelopeFlag}; unknown bits are ignored. */
  readonly flags: number;
  /** 90 kHz ticks from the access unit that the message speaks of to the one that carries this copy, modulo 2^32. */
  readonly age: number;
  /** Which fragment this is, from 0. */
  readonly index: number;
  /** How many fragments the message has; 1 for a whole message. */
  readonly count: number;
  /** A view of the encoded value, or of this fragment of it. */
  readonly body: Uint8Array;
}
