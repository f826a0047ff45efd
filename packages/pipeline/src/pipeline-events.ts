import type { RecorderError, RecordingInfo, TriggeredEvent } from "@inband/recorder";

/** An event of a pipeline. */
export interface PipelineEvent extends Omit<TriggeredEvent, "type"> {
  /** What has happened: the type of its trigger, or what `triggerEvent` was told. */
  readonly type: string;
  /** Names it in the events that follow it; undefined where it is not recorded. */
  readonly id: string | undefined;
  readonly taskId: string;
}

/** Events of a `SeiPipeline`. */
export interface SeiPipelineEvents {
  /** Something has happened in the pictures, or was said to. */
  triggered: [event: PipelineEvent];
  recordingStarted: [recording: RecordingInfo];
  /** The file is complete: the event is over. */
  recordingCompleted: [recording: RecordingInfo];
  recordingFailed: [error: RecorderError, eventId: string];
  /** An output takes pictures, for the first time or again. */
  outputConnected: [name: string];
  /** An output cannot be opened, or was lost. An address is tried again; the other outputs go on. */
  outputFailed: [error: Error, name: string];
  /** A frame of `pushFrameAsync` was not encoded, or a message does not fit its frame; the pipeline goes on. */
  error: [error: Error];
}
