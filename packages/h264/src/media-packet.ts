import type { AccessUnit } from "./access-unit.ts";

/** One packet of compressed sound. It passes through inband untouched. */
export interface AudioPacket {
  readonly kind: "audio";
  readonly codec: "opus" | "aac";
  readonly data: Uint8Array;
  /** Presentation time in integer microseconds. */
  readonly timestamp: number;
  /** In microseconds. */
  readonly duration?: number;
}

/** What a source yields: video and, beside it, sound. */
export type MediaPacket = AccessUnit | AudioPacket;
