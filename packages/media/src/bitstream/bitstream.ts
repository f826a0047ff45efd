/// <reference lib="esnext.disposable" preserve="true" />
import type { Finding } from "@inband/h264";
import type { H264RtpPacket } from "@inband/h264/rtp";

/** NAL units in stored order. */
export interface StoredNalUnits {
  /** Without start codes or lengths; views. */
  readonly nalUnits: readonly Uint8Array[];
  /** The sample of the container that holds them, lengths or start codes included; MPEG-TS has none. */
  readonly sample?: Uint8Array;
  /** The RTP packets that were read since the last group, in stored order. */
  readonly rtpPackets?: readonly H264RtpPacket[];
  /**
   * The configuration that holds from this group on, where the container changes it: by another sample entry of MP4
   * (ISO/IEC 14496-12 8.5.2), or a sequence header of FLV.
   */
  readonly configuration?: {
    /** Bytes of the length fields of `sample`; 0 means start codes. */
    readonly lengthSize: number;
    /** Replace {@link Bitstream.parameterSets}. */
    readonly parameterSets: readonly Uint8Array[];
  };
}

/**
 * H.264 as an input stores it: nothing is added, left out or reordered, and parameter sets that a container keeps apart
 * from the samples stay apart.
 */
export interface Bitstream extends AsyncIterable<StoredNalUnits>, AsyncDisposable {
  /**
   * "annexb", "avcc" (NAL units behind 4-byte lengths, and nothing else), "rfc4571" (framed RTP packets), "rtp" (one RTP
   * packet or payload), "mp4", "mov", "mkv", "webm", "ts", another container by FFmpeg's name ("flv", "avi"), or
   * "unknown".
   */
  readonly format: string;
  /** How NAL units are framed; "none" when there are none to read. */
  readonly framing: "annexb" | "avcc" | "rtp" | "none";
  /** Bytes of the length fields where `framing` is "avcc", of the first configuration. */
  readonly lengthSize?: number;
  /** Parameter sets that the container keeps apart from the samples, of the first configuration. */
  readonly parameterSets: readonly Uint8Array[];
  /** Size of the input; undefined where it is not known, as for a live stream. */
  readonly sizeBytes: number | undefined;
  /** How much of the input has been read, roughly. */
  readonly readBytes: number;
  /** What is broken, cannot be read, or had to be guessed; complete when everything has been read. */
  readonly findings: readonly Finding[];
  /** Frees the input and ends the loop that reads it. Closing twice is harmless. */
  close(): Promise<void>;
}
