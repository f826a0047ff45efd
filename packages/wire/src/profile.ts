/**
 * A named pair of a UUID and a way to write payloads under it, with the limits of those who read it. It brings no encoder
 * into a bundle, and a decoder only where payloads are neither envelopes nor bytes.
 */
export interface Profile {
  readonly name: string;
  /** The UUID that messages are sent under, 16 bytes. */
  readonly uuid: Uint8Array;
  /** UUIDs that it is read under besides. */
  readonly alsoReads?: readonly Uint8Array[];
  /**
   * `envelope`: any value, with id, source and sequence (SPEC.md). `raw`: bytes and nothing else. `stages-sei` and
   * `sei-module`: JSON objects of the systems that `stagesSei` and `seiModule` speak of.
   */
  readonly encoding: "envelope" | "raw" | "stages-sei" | "sei-module";
  /** Makes the value of a payload; absent where payloads are envelopes, or are bytes and nothing else. */
  readonly decode?: (profile: Profile, payload: Uint8Array) => unknown;
  /** The most bytes of one message: of its encoded value where it may be fragmented, else of its payload. */
  readonly maxMessageBytes: number;
  /** Messages are fragmented so that a SEI NAL unit, escaped, has at most this many bytes; absent: never fragmented. */
  readonly maxNalUnitBytes?: number;
  /** What the readers' side allows on one stream; absent: no limit of its own. */
  readonly bytesPerSecond?: number;
  /** The most copies of one message. */
  readonly maxCopies: number;
  /** Copies on key frames beside them, unless the publisher is told otherwise. */
  readonly keyFrameCopies: number;
  /** All copies leave within this time of the first, by the clock and in media time: by time alone readers tell copies. */
  readonly copiesWithinMs?: number;
  /** One message for each SEI NAL unit: its readers see only the first. */
  readonly alone: boolean;
  /** Of `sei-module`: whether `ts` and `it` are filled in. */
  readonly includeTimestamp?: boolean;
  /** Of `sei-module`: whether `fc` is filled in. */
  readonly includeFrameCount?: boolean;
}
