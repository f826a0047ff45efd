/**
 * Recordings of events, with what was before them.
 *
 * Use it to keep the last seconds of a live stream (`FrameRingBuffer`), to tell from detections that something has happened
 * (`EventTrigger`), and to write what was before and after it into a file.
 *
 * @module
 */

export { EventTrigger, type TriggeredEvent } from "./event-trigger.ts";
export type { EventTriggerOptions, EventType } from "./event-trigger-options.ts";
export {
  FrameRingBuffer,
  type FrameRingBufferOptions,
  type FrameRingBufferStats,
} from "./frame-ring-buffer.ts";
export type { Detection, Inference, Point } from "./inference.ts";
export { Mp4Recorder, type Mp4RecorderEvents, type Mp4RecorderStats, type RecordedEvent } from "./mp4-recorder.ts";
export type { Mp4RecorderOptions } from "./mp4-recorder-options.ts";
export { RecorderError, type RecorderErrorCode } from "./recorder-error.ts";
export type { RecordingInfo } from "./recording.ts";
