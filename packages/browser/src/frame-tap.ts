import { type FrameSource, type FrameStreams, passThrough } from "./encoded-streams.ts";
import { FrameWorker, type FrameWorkerListener } from "./frame-worker.ts";
import type { FrameRole, Starved, TapAddress, TapTransformOptions } from "./protocol.ts";

/** Seconds for which a worker that has replaced another looks after the video. */
const reviveAttempts = 60;

/** Why the frames of a sender or receiver cannot be reached. */
export type TapFailure = "unsupported" | "transform-taken" | "worker-failed";

/** What a tap tells its owner. */
export interface FrameTapOwner<Message> {
  /** Makes the error that says why the frames cannot be reached; `reason` says what is wrong with the worker. */
  failure(code: TapFailure, reason?: string, isReplaced?: boolean): Error;
  message(message: Message): void;
  /** `isReplaced` if another worker has replaced the dead one, and knows nothing yet; else the page passes the frames on. */
  failed(error: Error, isReplaced: boolean): void;
}

/**
 * The one transform of a sender or receiver, in a worker. It is set when the tap is made and never removed: the worker
 * passes the frames on while nobody publishes or listens. Where no worker can be started the page does.
 */
export class FrameTap<Message> implements FrameWorkerListener {
  readonly #source: FrameSource;
  readonly #owner: FrameTapOwner<Message>;
  #worker: FrameWorker | undefined;
  #hasOwnWorker = false;
  #address: TapAddress;
  /** Those of `createEncodedStreams`, until the worker that they are for runs. */
  #streams: FrameStreams | undefined;
  /** Why the frames cannot be reached; undefined while they can. */
  error: Error | undefined;

  constructor(source: FrameSource, role: FrameRole, owner: FrameTapOwner<Message>, worker?: Worker) {
    this.#source = source;
    this.#owner = owner;
    this.#address = { role, tap: -1 };
    try {
      this.error = this.#connect(worker);
    } catch (error) {
      this.error = owner.failure("worker-failed", String(error));
    }
  }

  /** Tells the worker something of this tap. */
  post(message: object, transfer: Transferable[] = []): void {
    this.#worker?.worker.postMessage({ ...message, ...this.#address }, transfer);
  }

  message(message: Message | Starved): void {
    if ((message as Starved).kind === "starved") this.#setTransform((message as Starved).attempts);
    else this.#owner.message(message as Message);
  }

  workerStarted(): void {
    const streams = this.#streams;
    this.#streams = undefined;
    if (!streams) return;
    const { readable, writable } = streams;
    this.post({ kind: "streams", readable, writable }, [readable, writable]);
  }

  workerFailed(reason: string): void {
    try {
      // Without a worker the video stands still: another one moves it, and messages go on.
      if (!this.#hasOwnWorker && this.#connect(undefined) === undefined) {
        this.#owner.failed(this.#owner.failure("worker-failed", reason, true), true);
        return;
      }
    } catch {
      // Another worker cannot be started either.
    }
    this.#worker = undefined;
    this.error = this.#owner.failure("worker-failed", reason);
    passThrough(this.#source, this.#streams);
    this.#streams = undefined;
    this.#owner.failed(this.error, false);
  }

  /** Returns why the frames cannot be reached. */
  #connect(worker: Worker | undefined): Error | undefined {
    const source = this.#source;
    const hasScriptTransform = typeof RTCRtpScriptTransform === "function" && "transform" in source;
    if (!hasScriptTransform && !source.createEncodedStreams) return this.#owner.failure("unsupported");
    if (hasScriptTransform && source.transform && !this.#worker) return this.#owner.failure("transform-taken");
    const attempts = this.#worker ? reviveAttempts : 0;
    const frameWorker = FrameWorker.of(worker);
    this.#hasOwnWorker = !worker;
    this.#address = frameWorker.add(this, this.#address.role);
    this.#worker = frameWorker;
    if (hasScriptTransform) {
      this.#setTransform(attempts);
    } else {
      this.#streams ??= source.createEncodedStreams?.();
      // A worker that is dead would keep them for ever.
      if (frameWorker.isReady) this.workerStarted();
    }
    return undefined;
  }

  /**
   * Sets the transform; again where no frame comes: in Chromium the old worker's thread cleans up at any time, and a late
   * one takes the frames from the new transform. The order of two transforms of one worker is certain.
   */
  #setTransform(attempts: number): void {
    if (!this.#worker) return;
    const options: TapTransformOptions = { ...this.#address, attempts };
    this.#source.transform = new RTCRtpScriptTransform(this.#worker.worker, options);
  }
}
