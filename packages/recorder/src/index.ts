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
