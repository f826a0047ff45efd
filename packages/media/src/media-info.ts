/** What a source holds. */
export interface MediaInfo {
  /** FFmpeg's name of the container, for example `mov,mp4,m4a,3gp,3g2,mj2` or `mpegts`. */
  readonly format: string;
  /** Of one pass, in milliseconds; absent when it is not known. */
  readonly durationMs?: number;
  /** The best video stream by FFmpeg's choice. */
  readonly video: VideoInfo;
  /** Absent when there is no sound. */
  readonly audio?: AudioInfo;
}

/** The video of a source. */
export interface VideoInfo {
  /** FFmpeg's name: `h264`, `hevc`, `vp8`, `vp9`, `av1`, `mpeg4`. Only `h264` comes as access units. */
  readonly codec: string;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Pictures a second on average; absent when it is not known. */
  readonly framerate?: number;
}

/** The sound of a source. */
export interface AudioInfo {
  /** FFmpeg's name. Only `opus` and `aac` come as packets. */
  readonly codec: string;
  /** Samples a second. */
  readonly sampleRate: number;
  /** How many. */
  readonly channels: number;
  /** AudioSpecificConfig (ISO/IEC 14496-3) or OpusHead (RFC 7845); AAC without it is in ADTS frames. */
  readonly config?: Uint8Array;
}
