import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import type { MediaPacket } from "@inband/h264";
import { EventEmitter } from "eventemitter3";
import { FrameRingBuffer, type FrameRingBufferStats } from "./frame-ring-buffer.ts";
import { type Mp4RecorderOptions, type RecorderSettings, recorderSettings } from "./mp4-recorder-options.ts";
import { RecorderError } from "./recorder-error.ts";
import { Recording, type RecordingInfo } from "./recording.ts";
import { recordingPath, timestampName } from "./recording-name.ts";

/** An event to record. */
export interface RecordedEvent {
  /** What has happened, as an `EventTrigger` names it. */
  readonly type: string;
  /** Whose it is; part of the name of the file. @defaultValue "stream" */
  readonly taskId?: string;
  /** When it was, in milliseconds since 1970. @defaultValue now */
  readonly atMs?: number;
}

/** Events of an `Mp4Recorder`. */
export interface Mp4RecorderEvents {
  started: [recording: RecordingInfo];
  /** The file is complete, and has its name. */
  completed: [recording: RecordingInfo];
  /** An event is not recorded, or not whole. Where nobody listens, it is a `console.warn`. */
  failed: [error: RecorderError, eventId: string];
}

/** How much a recorder has done. */
export interface Mp4RecorderStats {
  readonly active: number;
  readonly started: number;
  readonly completed: number;
  readonly failed: number;
  /** Of the completed files. */
  readonly bytes: number;
  /** What is kept for the next event. */
  readonly ring: FrameRingBufferStats;
}

/**
 * Records events of a stream into MP4 files, with what was before them: the pictures, the sound, and the messages in them.
 * Several may overlap; each has a file of its own.
 *
 * @example
 * ```ts
 * const recorder = new Mp4Recorder({ folder: "recordings" });
 * recorder.on("completed", ({ path }) => console.log(path));
 * for await (const packet of source) recorder.write(packet);
 * // Whenever something happens:
 * recorder.record({ type: "intrusion", taskId: "camera-1" });
 * await recorder.close();
 * ```
 */
export class Mp4Recorder {
  readonly #settings: RecorderSettings;
  readonly #ring: FrameRingBuffer;
  readonly #emitter = new EventEmitter<Mp4RecorderEvents>();
  /** Those that take packets, and those that are being opened, with what has come meanwhile. */
  readonly #active = new Map<string, Recording | MediaPacket[]>();
  readonly #running = new Set<Promise<void>>();
  #started = 0;
  #completed = 0;
  #failed = 0;
  #bytes = 0;
  #isClosed = false;

  /** @throws TypeError or RangeError that names the option. */
  constructor(options: Mp4RecorderOptions) {
    this.#settings = recorderSettings(options);
    const { capacity, maxBytes, preEventFrames } = this.#settings;
    this.#ring = new FrameRingBuffer({ capacity, preEventFrames, ...(maxBytes !== undefined && { maxBytes }) });
  }

  on<Name extends keyof Mp4RecorderEvents>(name: Name, listener: (...args: Mp4RecorderEvents[Name]) => void): this {
    this.#emitter.on(name, listener as never);
    return this;
  }

  off<Name extends keyof Mp4RecorderEvents>(name: Name, listener: (...args: Mp4RecorderEvents[Name]) => void): this {
    this.#emitter.off(name, listener as never);
    return this;
  }

  /** Takes the next packet of the stream. Never throws for a disk that fails, and never waits for one. */
  write(packet: MediaPacket): void {
    if (this.#isClosed) return;
    this.#ring.push(packet);
    for (const [eventId, recording] of this.#active) {
      if (Array.isArray(recording)) recording.push(packet);
      else this.#writeTo(eventId, recording, packet);
    }
  }

  /**
   * Records what was before this moment, and what comes.
   *
   * @returns The id of the recording, which its events have; undefined where there is none, of which `failed` says why, and after `close`.
   */
  record({ type, taskId = "stream", atMs = Date.now() }: RecordedEvent): string | undefined {
    const eventId = randomUUID();
    const { maxConcurrent, preEventFrames } = this.#settings;
    if (this.#isClosed) return undefined;
    if (this.#active.size >= maxConcurrent) {
      this.#fail(new RecorderError("too-many", `${maxConcurrent} events are being recorded already.`), eventId);
      return undefined;
    }
    const before = preEventFrames === 0 ? this.#ring.keyFrameAndFollowing() : this.#ring.preEvent();
    if (before.length === 0) {
      this.#fail(new RecorderError("no-key-frame", "No key frame has come yet to begin a recording with."), eventId);
      return undefined;
    }
    const meanwhile: MediaPacket[] = [];
    this.#active.set(eventId, meanwhile);
    this.#run(this.#begin({ eventId, eventType: type, taskId, atMs, before }, meanwhile));
    return eventId;
  }

  stats(): Mp4RecorderStats {
    return {
      ...{ active: this.#active.size, started: this.#started, completed: this.#completed, failed: this.#failed },
      bytes: this.#bytes,
      ring: this.#ring.stats(),
    };
  }

  /** Ends all recordings where they are, and resolves when their files are complete. Idempotent; never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#active.size > 0 || this.#running.size > 0) {
      for (const [eventId, recording] of this.#active) {
        if (!Array.isArray(recording)) this.#finish(eventId, recording);
      }
      await Promise.all(this.#running);
    }
    this.#ring.clear();
  }

  async #begin(
    event: Pick<RecordingInfo, "eventId" | "eventType" | "taskId" | "atMs"> & {
      readonly before: readonly MediaPacket[];
    },
    meanwhile: readonly MediaPacket[],
  ): Promise<void> {
    const { eventId, eventType, taskId, atMs } = event;
    const { folder, pattern, postEventFrames, maxDurationMs, audio } = this.#settings;
    try {
      const path = recordingPath(folder, pattern, { eventId, eventType, taskId, timestamp: timestampName(atMs) });
      await mkdir(folder, { recursive: true });
      const recording = await Recording.begin({ ...event, ...path, audio, postEventFrames, maxDurationMs });
      this.#active.set(eventId, recording);
      this.#started += 1;
      this.#tell("started", recording.info);
      for (const packet of meanwhile) this.#writeTo(eventId, recording, packet);
      if (recording.isOver) this.#finish(eventId, recording);
    } catch (error) {
      this.#active.delete(eventId);
      const isOurs = error instanceof RecorderError;
      const message = (error as Error).message;
      this.#fail(isOurs ? error : new RecorderError("unwritable", message, { path: folder, cause: error }), eventId);
    }
  }

  #writeTo(eventId: string, recording: Recording, packet: MediaPacket): void {
    recording.write(packet);
    if (recording.isOver) this.#finish(eventId, recording);
  }

  #finish(eventId: string, recording: Recording): void {
    if (!this.#active.delete(eventId)) return;
    this.#run(
      recording.finish().then(
        (info) => {
          this.#completed += 1;
          this.#bytes += info.bytes;
          this.#tell("completed", info);
        },
        (error: RecorderError) => this.#fail(error, eventId),
      ),
    );
  }

  #fail(error: RecorderError, eventId: string): void {
    this.#failed += 1;
    if (this.#emitter.listenerCount("failed") > 0) this.#tell("failed", error, eventId);
    else console.warn(`Mp4Recorder: ${error.message}`);
  }

  /** In a turn of its own: what a listener throws is the application's. */
  #tell<Name extends keyof Mp4RecorderEvents>(name: Name, ...args: Mp4RecorderEvents[Name]): void {
    queueMicrotask(() => this.#emitter.emit(name, ...(args as never)));
  }

  #run(work: Promise<void>): void {
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }
}
