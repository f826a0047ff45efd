/**
 * One access unit (ITU-T H.264 7.4.1.2.3): the NAL units of one coded picture.
 *
 * The NAL units have neither start codes nor length prefixes; they are views and are never changed. Key frames carry
 * SPS and PPS in band: sources insert them.
 */
export interface AccessUnit {
  readonly kind: "video";
  readonly codec: "h264";
  readonly nalUnits: readonly Uint8Array[];
  /** Presentation time in integer microseconds, as in WebCodecs. */
  readonly timestamp: number;
  /** Decoding time in integer microseconds where it differs from `timestamp` (B-frames). */
  readonly decodeTimestamp?: number;
  /** In microseconds. */
  readonly duration?: number;
  /** Whether the access unit contains an IDR slice. */
  readonly isKeyFrame: boolean;
}
