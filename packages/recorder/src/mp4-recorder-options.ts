import type { AudioInfo } from "@inband/media";
import { checkOptions } from "@inband/wire";
import { checkRecordingPattern } from "./recording-name.ts";

/** Settings of an `Mp4Recorder`. */
export interface Mp4RecorderOptions {
  /** Where the files go; created where it is not there. */
  readonly folder: string;
  /**
   * Names of the files: `{taskId}`, `{timestamp}`, `{eventType}` and `{eventId}` stand for what they say. A name that is
   * taken gets a number behind it.
   *
   * @defaultValue "{taskId}_{timestamp}_{eventType}.mp4"
   */
  readonly pattern?: string;
  /** Access units before that of the event at least, back to a key frame. @defaultValue 50 */
  readonly preEventFrames?: number;
  /** Access units behind that of the event. @defaultValue 50 */
  readonly postEventFrames?: number;
  /** Longest recording, by the timestamps of its pictures, in milliseconds. @defaultValue 60000 */
  readonly maxDurationMs?: number;
  /** Events that are recorded at once; another one is refused. @defaultValue 3 */
  readonly maxConcurrent?: number;
  /** Access units that are kept for the next event. @defaultValue 150, or more where `preEventFrames` asks for it */
  readonly capacity?: number;
  /** Most bytes that are kept for the next event. @defaultValue 64 MiB */
  readonly maxBytes?: number;
  /** The sound that comes beside the video. @defaultValue none: its packets are left out */
  readonly audio?: AudioInfo;
}

const names: ReadonlySet<string> = new Set([
  ...(["folder", "pattern", "preEventFrames", "postEventFrames", "maxDurationMs", "maxConcurrent"] as const),
  ...(["capacity", "maxBytes", "audio"] as const),
] satisfies (keyof Mp4RecorderOptions)[]);

/** The options with every default filled in. */
export interface RecorderSettings extends Required<Omit<Mp4RecorderOptions, "maxBytes" | "audio">> {
  readonly maxBytes: number | undefined;
  readonly audio: AudioInfo | undefined;
}

/** Checks the options at the edge, and fills in the defaults. @throws TypeError or RangeError that names the option. */
export function recorderSettings(options: Mp4RecorderOptions): RecorderSettings {
  checkOptions(options, names);
  const { folder, pattern = "{taskId}_{timestamp}_{eventType}.mp4" } = options ?? {};
  const { preEventFrames = 50, postEventFrames = 50, maxDurationMs = 60_000, maxConcurrent = 3 } = options;
  if (typeof folder !== "string" || folder === "") throw new TypeError("folder: expected the path of a folder");
  checkRecordingPattern(pattern);
  for (const [name, value] of Object.entries({ preEventFrames, postEventFrames })) {
    if (!Number.isInteger(value) || value < 0)
      throw new RangeError(`${name}: expected 0 or more, got ${String(value)}`);
  }
  if (!Number.isInteger(maxConcurrent) || maxConcurrent < 1) {
    throw new RangeError(`maxConcurrent: expected a positive integer, got ${String(maxConcurrent)}`);
  }
  if (!(maxDurationMs > 0)) throw new RangeError(`maxDurationMs: expected more than 0, got ${String(maxDurationMs)}`);
  const { capacity = Math.max(150, 3 * preEventFrames), maxBytes, audio } = options;
  return { folder, pattern, preEventFrames, postEventFrames, maxDurationMs, maxConcurrent, capacity, maxBytes, audio };
}
