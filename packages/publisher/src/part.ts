/**
 * One user_data_unregistered message on its way out. Plain data: it crosses a worker boundary as it is.
 *
 * A message that was fragmented is several parts with one `messageId`, always offered together.
 */
export interface Part {
  readonly messageId: string;
  /** The 16 bytes of uuid_iso_iec_11578 (ITU-T H.264 D.1.7). */
  readonly uuid: Uint8Array;
  /** The bytes behind the UUID. The outbox copies them before it writes an age into them. */
  readonly payload: Uint8Array;
  /** Where in `payload` the outbox writes the age, a big-endian uint32 in 90 kHz ticks; absent where the profile has none. */
  readonly ageOffset?: number;
  /** Presentation time, in microseconds, of the access unit that the message speaks of; default: the one that carries copy 0. */
  readonly timestamp?: number;
  /** How many consecutive access units carry the part. */
  readonly copies: number;
  /** How many of the next key frames carry one copy more. */
  readonly keyFrameCopies: number;
  /** 3 goes first. */
  readonly priority: 0 | 1 | 2 | 3;
  /**
   * Until when the first whole copy must have left, in milliseconds since 1970 by a clock that never jumps:
   * `performance.timeOrigin + performance.now()`, unless the publisher was given another `clock`. Infinity for never.
   */
  readonly expiresAtMs: number;
  /** All copies leave within this time of the first; default: no limit. For profiles without ids, whose receivers tell copies from new messages by time alone. */
  readonly copiesWithinMs?: number;
  /**
   * When the message left on another carrier, by the clock of `expiresAtMs`, where this carrier was attached later. Its age
   * counts from there; default: from the access unit that carries copy 0.
   */
  readonly leftAtMs?: number;
  /** Rides a SEI NAL unit of its own: the receivers of some profiles read only the first message of a NAL unit. */
  readonly alone: boolean;
  /**
   * Set on what stands until it is withdrawn: it is never reported on and delays no other. `retained`: the newest
   * message of a topic, sent again from each key frame on. `heartbeat`: takes the place of the heartbeat before. A
   * carrier without access units sends either once.
   */
  readonly standing?: "retained" | "heartbeat";
  /** `messageId` of the message that a retained part repeats: its age counts from there. */
  readonly repeats?: string;
}
