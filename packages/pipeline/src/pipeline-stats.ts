import type { EncoderStats } from "@inband/h264/encoder";
import type { Mp4RecorderStats } from "@inband/recorder";
import type { OutputStats } from "./pipeline-output.ts";

/** How much a pipeline has done. */
export interface SeiPipelineStats {
  /** Frames encoded in the last second. */
  readonly fps: number;
  readonly framesEncoded: number;
  /** Frames that were refused, by `pushFrameAsync`, because too many waited. */
  readonly framesRefused: number;
  readonly framesQueued: number;
  readonly messages: number;
  readonly eventsTriggered: number;
  readonly encoder: EncoderStats | undefined;
  readonly recorder: Mp4RecorderStats | undefined;
  /** By name; those that have an address. */
  readonly outputs: Readonly<Record<string, OutputStats>>;
}
