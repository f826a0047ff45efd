/** One user_data_unregistered payload of a message: the whole message, or one of its fragments. */
export interface MessagePayload {
  /** The bytes behind the UUID. All streams share them: an outbox copies them before it writes an age. */
  readonly bytes: Uint8Array;
  /** Where in `bytes` the outbox writes the age, a big-endian uint32 in 90 kHz ticks; absent where the profile has none. */
  readonly ageOffset?: number;
  /** What the payload takes at most as an escaped SEI message, in bytes; see `measureSei`. */
  readonly seiBytes: number;
}

/** Which access units carry a message. */
export interface CopySchedule {
  /** How many consecutive access units carry it. */
  readonly copies: number;
  /** How many of the next key frames carry one more copy. */
  readonly keyFrameCopies: number;
  /**
   * All copies leave within this time of the first, by the clock and by the timestamps of their access units. For profiles
   * without ids, whose receivers tell a copy from a new message by time alone.
   *
   * @defaultValue no limit
   */
  readonly withinMs?: number;
}

/** A message on its way from a publisher to the encoded streams of a carrier. Plain data: it crosses a worker boundary as it is. */
export interface Message {
  readonly id: string;
  /** The 16 bytes of uuid_iso_iec_11578 (ITU-T H.264 D.1.7). */
  readonly uuid: Uint8Array;
  /** One payload, or the fragments in their order. */
  readonly payloads: readonly MessagePayload[];
  readonly schedule: CopySchedule;
  /** 3 goes first. */
  readonly priority: 0 | 1 | 2 | 3;
  /**
   * When the first whole copy must have left, in milliseconds since 1970 by a clock that never jumps:
   * `performance.timeOrigin + performance.now()`, unless the publisher was given another `clock`. Infinity for never.
   */
  readonly expiresAtMs: number;
  /**
   * Presentation time, in microseconds, of the access unit that the message refers to.
   *
   * @defaultValue that of the access unit that carries copy 0
   */
  readonly timestamp?: number;
  /**
   * When the message left on another carrier, by the clock of `expiresAtMs`, for a carrier that was attached later. Its age
   * counts from this time.
   *
   * @defaultValue the age counts from the access unit that carries copy 0
   */
  readonly leftAtMs?: number;
  /** Whether each payload needs a SEI NAL unit of its own: the receivers of some profiles read only the first message of a NAL unit. */
  readonly alone: boolean;
  /**
   * Set on a message that is sent until it is withdrawn. It is never reported on and never delays another message.
   * `retained`: the newest message of a topic, sent again from each key frame on. `heartbeat`: replaces the previous
   * heartbeat. A carrier without access units sends either once.
   */
  readonly standing?: "retained" | "heartbeat";
  /** The id of the message that a retained one repeats: its age counts from there. */
  readonly repeats?: string;
}
