import type { ProbeMessage } from "./probe-message.ts";

/** A message as it was sent. */
export interface SentMessage extends ProbeMessage {
  /** Which of the NAL units that were put into the access unit holds it, from 0. */
  readonly nalUnit: number;
  /** Which message of that NAL unit it is, from 0; those of others in front of it count. */
  readonly place: number;
  /** How many messages that NAL unit holds, its own and those of others. */
  readonly messagesInNalUnit: number;
}

/** An access unit as it was sent. */
export interface ProbedPicture {
  /** Presentation time in integer microseconds. */
  readonly timestamp: number;
  readonly isKeyFrame: boolean;
  /** The NAL units of its coded picture (types 1 to 5), as views. */
  readonly slices: readonly Uint8Array[];
  readonly messages: readonly SentMessage[];
  /** SEI messages that were put in beside those of the probe, which decoders ignore. */
  readonly others: number;
}
