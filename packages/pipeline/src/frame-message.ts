import type { AccessUnit } from "@inband/h264";
import type { Inference } from "@inband/recorder";
import type { PipelineEvent } from "./pipeline-events.ts";

/** What goes with a frame. */
export interface FrameContext {
  /** What a model found in it: rides in the frame as `inf`, and is what triggers look at. */
  readonly inference?: Inference;
  /** What else rides in the frame, as `cus`. */
  readonly custom?: Readonly<Record<string, unknown>>;
  /** When it was captured, in milliseconds since 1970. @defaultValue when it is put into the stream */
  readonly capturedAtMs?: number;
  /** Whose the frame is; part of the names of recordings. @defaultValue "stream" */
  readonly taskId?: string;
}

/** What came of a frame. */
export interface PushedFrame {
  /** As it went to the outputs, with its message; undefined where the encoder holds it back. */
  readonly accessUnit: AccessUnit | undefined;
  /** The event that a trigger saw in it; of several the first. Each is a `triggered`, and is recorded. */
  readonly event?: PipelineEvent;
}

/** The message of a frame: that of the Python SEI module, whatever the profile. */
export interface FrameMessage {
  /** When the frame was captured, in seconds since 1970. */
  readonly ts: number;
  /** When the message was put into it, in seconds since 1970. */
  readonly it: number;
  /** Number of the frame. */
  readonly fc: number;
  readonly inf?: Inference;
  readonly cus?: Readonly<Record<string, unknown>>;
}
