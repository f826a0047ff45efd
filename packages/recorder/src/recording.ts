import { link, rename, rm, stat } from "node:fs/promises";
import type { MediaPacket } from "@inband/h264";
import { type AudioInfo, Mp4Writer } from "@inband/media";
import { packetBytes } from "./packet-bytes.ts";
import { RecorderError } from "./recorder-error.ts";

/** Beside what was before the event. A disk that is so far behind does not keep up. */
const maxWaitingBytes = 64 * 1024 * 1024;
/** Files of one name. */
const maxTries = 1000;

/** What has been recorded of an event. */
export interface RecordingInfo {
  readonly eventId: string;
  readonly eventType: string;
  readonly taskId: string;
  /** Where the file is, once it is complete. */
  readonly path: string;
  /** When the event was, in milliseconds since 1970. */
  readonly atMs: number;
  /** Access units before that of the event. */
  readonly preEventFrames: number;
  /** Access units so far, those before included. */
  readonly frames: number;
  readonly bytes: number;
}

/** What a `Recording` begins with. */
export interface RecordingStart extends Pick<RecordingInfo, "eventId" | "eventType" | "taskId" | "atMs"> {
  readonly stem: string;
  readonly extension: string;
  /** What was before the event, from a key frame on. */
  readonly before: readonly MediaPacket[];
  readonly audio: AudioInfo | undefined;
  /** Access units behind those before. */
  readonly postEventFrames: number;
  readonly maxDurationMs: number;
}

/**
 * One event on its way into a file. It is written as NAME.mp4.part, and gets its name when it is complete; what is left of
 * one whose process died plays as it is.
 */
export class Recording {
  readonly #start: RecordingStart;
  readonly #waiting: MediaPacket[] = [];
  readonly #maxWaitingBytes: number;
  readonly #framesBefore: number;
  #waitingBytes = 0;
  #pumping: Promise<void> | undefined;
  #writer: Mp4Writer | undefined;
  #path: string;
  #frames = 0;
  #isOver = false;
  #firstTimestamp: number | undefined;
  #failure: unknown;

  private constructor(start: RecordingStart, writer: Mp4Writer, path: string) {
    this.#start = start;
    this.#writer = writer;
    this.#path = path;
    this.#maxWaitingBytes = maxWaitingBytes + start.before.reduce((sum, packet) => sum + packetBytes(packet), 0);
    for (const packet of start.before) this.#take(packet);
    this.#framesBefore = this.#frames;
    if (start.postEventFrames === 0) this.#isOver = true;
  }

  /** @throws RecorderError `unwritable` where no file can be created. */
  static async begin(start: RecordingStart): Promise<Recording> {
    const { stem, extension, audio } = start;
    for (let number = 1; number <= maxTries; number += 1) {
      const path = `${stem}${number === 1 ? "" : `-${number}`}${extension}`;
      if (await isThere(path)) continue;
      try {
        const writer = await Mp4Writer.create(`${path}.part`, audio === undefined ? {} : { audio });
        return new Recording(start, writer, path);
      } catch (error) {
        if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === "EEXIST") continue;
        throw new RecorderError("unwritable", (error as Error).message, { path, cause: error });
      }
    }
    throw new RecorderError("unwritable", `There are ${maxTries} recordings of this name.`, {
      path: `${stem}${extension}`,
    });
  }

  get info(): RecordingInfo {
    const { eventId, eventType, taskId, atMs } = this.#start;
    return {
      ...{ eventId, eventType, taskId, atMs },
      path: this.#path,
      preEventFrames: this.#framesBefore,
      frames: this.#frames,
      bytes: this.#writer?.bytes ?? 0,
    };
  }

  /** Whether it takes no more: it is as long as it shall be, or has failed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes a packet that comes after the event. */
  write(packet: MediaPacket): void {
    if (this.#isOver) return;
    this.#take(packet);
    const { postEventFrames, maxDurationMs } = this.#start;
    const frames = this.#frames - this.#framesBefore;
    const lastedMs = (packet.timestamp - (this.#firstTimestamp ?? packet.timestamp)) / 1000;
    if (frames >= postEventFrames || lastedMs >= maxDurationMs) this.#isOver = true;
  }

  /**
   * Completes the file, and gives it its name.
   *
   * @throws RecorderError `lost` where that fails; what was written so far is in the file that it names.
   */
  async finish(): Promise<RecordingInfo> {
    this.#isOver = true;
    await this.#pumping;
    const part = `${this.#path}.part`;
    try {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#writer?.finish();
      await place(part, this.#path);
    } catch (error) {
      await this.#writer?.abandon();
      const isEmpty = this.#writer?.hasBegun !== true;
      if (isEmpty) await rm(part, { force: true }).catch(() => {});
      const left = isEmpty ? "" : ` What was written is in ${part}.`;
      throw new RecorderError("lost", `${(error as Error).message}${left}`, { path: part, cause: error });
    }
    return this.info;
  }

  #take(packet: MediaPacket): void {
    this.#firstTimestamp ??= packet.timestamp;
    if (packet.kind === "video") this.#frames += 1;
    this.#waitingBytes += packetBytes(packet);
    if (this.#waitingBytes > this.#maxWaitingBytes) {
      this.#fail(new Error("the disk takes less than it is given"));
      return;
    }
    this.#waiting.push(packet);
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = undefined;
    });
  }

  async #pump(): Promise<void> {
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        if (next.kind === "video" || this.#start.audio !== undefined) await this.#writer?.write(next);
        this.#waitingBytes -= packetBytes(next);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#isOver = true;
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
  }
}

/** Under its name at once and whole, and over no other file. */
async function place(part: string, path: string): Promise<void> {
  try {
    await link(part, path);
    await rm(part);
  } catch (error) {
    // File systems without hard links.
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw error;
    await rename(part, path);
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
