import type { AccessUnit } from "@inband/h264";
import { createEncoder, type EncoderInfo, type H264Encoder, type RawFrame } from "@inband/h264/encoder";
import { SeiPublisher } from "@inband/publisher";
import { EventTrigger, type Inference, Mp4Recorder, type TriggeredEvent } from "@inband/recorder";
import { AccessUnitCarrier, type SeiCarrier } from "@inband/stream";
import { inband } from "@inband/wire";
import { EventEmitter } from "eventemitter3";
import type { FrameContext, FrameMessage, PushedFrame } from "./frame-message.ts";
import { PipelineError } from "./pipeline-error.ts";
import type { PipelineEvent, SeiPipelineEvents } from "./pipeline-events.ts";
import type { AccessUnitOutput } from "./pipeline-output.ts";
import { PipelineOutputs } from "./pipeline-outputs.ts";
import type { SeiPipelineStats } from "./pipeline-stats.ts";
import { checkOutput, checkPipelineOptions, isEncoder, type SeiPipelineOptions } from "./sei-pipeline-options.ts";

/** The name of the output that `start` takes. */
const mainOutput = "main";

/**
 * Pictures in, H.264 with messages out: encodes each frame once, puts what is known of it inside, and hands it to every
 * output: RTMP, SRT and RTSP servers, files, WebRTC, recordings of events.
 *
 * @example
 * ```ts
 * const pipeline = new SeiPipeline({
 *   encoder: { width: 1280, height: 720, framerate: 25 },
 *   recorder: { folder: "recordings" },
 *   triggers: [{ type: "detection", classes: ["person"], minConfidence: 0.7 }],
 * });
 * await pipeline.start("rtmp://127.0.0.1/live/camera");
 * const { event } = await pipeline.pushFrame(frame, { inference: { detections } });
 * await pipeline.stop();
 * ```
 */
export class SeiPipeline {
  readonly #options: SeiPipelineOptions;
  readonly #emitter = new EventEmitter<SeiPipelineEvents>();
  readonly #publisher: SeiPublisher<FrameMessage>;
  readonly #carrier: AccessUnitCarrier;
  readonly #triggers: readonly EventTrigger[];
  readonly #maxQueued: number;
  readonly #outputs = new PipelineOutputs({
    connected: (name) => this.#tell("outputConnected", name),
    failed: (error, name) => this.#tell("outputFailed", error, name),
    requestKeyFrame: () => this.#encoder?.requestKeyFrame(),
  });
  readonly #recent: number[] = [];
  #recorder: Mp4Recorder | undefined;
  #encoder: H264Encoder | undefined;
  #isSeiEnabled: boolean;
  #isRunning = false;
  #queued = 0;
  #room: (() => void)[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #left: AccessUnit | undefined;
  #framesEncoded = 0;
  #framesRefused = 0;
  #messages = 0;
  #eventsTriggered = 0;

  /** @throws TypeError or RangeError that names the option. */
  constructor(options: SeiPipelineOptions) {
    checkPipelineOptions(options);
    const { profile = inband(), sei = true, triggers = [], maxQueued = 100 } = options;
    this.#options = options;
    this.#isSeiEnabled = sei;
    this.#maxQueued = maxQueued;
    this.#triggers = triggers.map((trigger) => new EventTrigger(trigger));
    this.#publisher = new SeiPublisher({ profile, copies: 1, keyFrameCopies: 0 });
    this.#publisher.on("error", (error) => this.#tell("error", error));
    this.#carrier = new AccessUnitCarrier({ name: "pipeline", send: (accessUnit) => this.#send(accessUnit) });
    this.#publisher.attach(this.#carrier);
  }

  on<Name extends keyof SeiPipelineEvents>(name: Name, listener: (...args: SeiPipelineEvents[Name]) => void): this {
    this.#emitter.on(name, listener as never);
    return this;
  }

  off<Name extends keyof SeiPipelineEvents>(name: Name, listener: (...args: SeiPipelineEvents[Name]) => void): this {
    this.#emitter.off(name, listener as never);
    return this;
  }

  /** What messages of your own `SeiPublisher` ride in, beside those of the frames. */
  get carrier(): SeiCarrier {
    return this.#carrier;
  }

  /** What runs the encoder; undefined before `start`. */
  get encoderInfo(): EncoderInfo | undefined {
    return this.#encoder?.info;
  }

  /**
   * Opens the encoder and the outputs. An address that does not answer is no error: it is tried again, and `outputFailed`
   * says so.
   *
   * @param url - One more output, named `main`.
   * @throws EncoderError where no encoder opens. TypeError or RangeError for wrong options of it, or an address
   * that `openSink` does not know.
   */
  async start(url?: string): Promise<void> {
    if (this.#isRunning) return;
    if (url !== undefined) checkOutput(mainOutput, url);
    this.#isRunning = true;
    const { encoder, outputs = {}, recorder } = this.#options;
    try {
      this.#encoder = isEncoder(encoder) ? encoder : await createEncoder({ maxQueued: this.#maxQueued, ...encoder });
      this.#recorder = recorder && new Mp4Recorder(recorder);
    } catch (error) {
      this.#isRunning = false;
      throw error;
    }
    this.#recorder?.on("started", (recording) => this.#tell("recordingStarted", recording));
    this.#recorder?.on("completed", (recording) => this.#tell("recordingCompleted", recording));
    this.#recorder?.on("failed", (error, eventId) => this.#tell("recordingFailed", error, eventId));
    for (const [name, output] of Object.entries(outputs)) this.addOutput(name, output);
    if (url !== undefined) this.addOutput(mainOutput, url);
  }

  /** Adds an output while the pipeline runs; it begins with the next key frame. @throws TypeError for a name that is taken. */
  addOutput(name: string, output: string | AccessUnitOutput): void {
    this.#outputs.add(name, output);
  }

  /** Takes an output away; one that has an address is ended in order. Never rejects. */
  async removeOutput(name: string): Promise<void> {
    await this.#outputs.remove(name);
  }

  /**
   * Encodes a frame, with a message that says what is known of it, and hands it to all outputs. Waits where too many wait
   * already, so that whoever awaits it goes no faster than the encoder.
   *
   * @throws PipelineError `not-running`. RangeError or TypeError for a frame of the wrong size, which uses nothing up;
   * EncoderError where the encoder refuses it.
   */
  async pushFrame(frame: RawFrame, context: FrameContext = {}): Promise<PushedFrame> {
    while (this.#isRunning && this.#queued >= this.#maxQueued)
      await new Promise<void>((resolve) => this.#room.push(resolve));
    return this.#push(frame, context);
  }

  /**
   * As `pushFrame`, without waiting for anything; what goes wrong later is an `error`.
   *
   * @throws PipelineError `queue-full` where `maxQueued` frames wait, or `not-running`.
   */
  pushFrameAsync(frame: RawFrame, context: FrameContext = {}): void {
    if (this.#isRunning && this.#queued >= this.#maxQueued) {
      this.#framesRefused += 1;
      throw new PipelineError("queue-full", `${this.#queued} frames wait for the encoder already.`);
    }
    this.#checkRunning();
    this.#push(frame, context).catch((error: unknown) => this.#tell("error", error as Error));
  }

  /** Takes frames of another size from now on. @throws RangeError for a size that cannot be, PipelineError `not-running`. */
  setResolution(width: number, height: number): void {
    this.#checkRunning();
    this.#encoder?.setResolution(width, height);
  }

  /** Frames carry messages again. */
  enableSei(): void {
    this.#isSeiEnabled = true;
  }

  /** Frames carry no messages of the pipeline; those of other publishers still ride in them. */
  disableSei(): void {
    this.#isSeiEnabled = false;
  }

  /** Says that something has happened, and records it. @returns The event, whose `id` its recording has. */
  triggerEvent(
    type: string,
    { taskId, metadata = {} }: { taskId?: string; metadata?: Readonly<Record<string, unknown>> } = {},
  ): PipelineEvent {
    this.#checkRunning();
    return this.#triggered({ type, atMs: Date.now(), detections: [], metadata }, taskId);
  }

  stats(): SeiPipelineStats {
    this.#forgetOld(performance.now());
    return {
      fps: this.#recent.length,
      framesEncoded: this.#framesEncoded,
      framesRefused: this.#framesRefused,
      framesQueued: this.#queued,
      messages: this.#messages,
      eventsTriggered: this.#eventsTriggered,
      encoder: this.#encoder?.stats(),
      recorder: this.#recorder?.stats(),
      outputs: this.#outputs.stats(),
    };
  }

  /** Encodes what waits, ends the recordings and the outputs in order. Idempotent; never rejects. */
  async stop(): Promise<void> {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    for (const resolve of this.#room.splice(0)) resolve();
    await this.#turn;
    this.#publisher.close();
    await Promise.all([this.#recorder?.close(), this.#outputs.close()]);
    if (!isEncoder(this.#options.encoder)) this.#encoder?.close();
    this.#carrier.close();
  }

  #push(frame: RawFrame, context: FrameContext): Promise<PushedFrame> {
    const encoder = this.#encoder;
    if (!this.#isRunning || encoder === undefined) return Promise.reject(notRunning());
    this.#queued += 1;
    // The encoder serves calls in their order; what follows is kept in that order too.
    const encoding = encoder.encode(frame);
    const pushed = Promise.all([encoding, this.#turn]).then(([accessUnit]) => this.#encoded(accessUnit, context));
    const over = pushed
      .catch(() => {})
      .then(() => {
        this.#queued -= 1;
        this.#room.shift()?.();
      });
    this.#turn = over;
    return pushed;
  }

  #encoded(accessUnit: AccessUnit | undefined, context: FrameContext): PushedFrame {
    if (accessUnit === undefined) return { accessUnit };
    const frameNumber = this.#framesEncoded;
    this.#framesEncoded += 1;
    this.#recent.push(performance.now());
    this.#forgetOld(performance.now());
    const isCarrying = this.#isSeiEnabled && frameNumber % (this.#options.seiEveryFrames ?? 1) === 0;
    if (isCarrying) this.#publish(accessUnit.timestamp, frameNumber, context);
    this.#carrier.write(accessUnit);
    const sent = this.#left ?? accessUnit;
    this.#left = undefined;
    const [event] = this.#evaluate(context.inference).map((found) => this.#triggered(found, context.taskId));
    return { accessUnit: sent, ...(event && { event }) };
  }

  #publish(timestamp: number, fc: number, { inference, custom, capturedAtMs }: FrameContext): void {
    const now = Date.now();
    const times = { ts: (capturedAtMs ?? now) / 1000, it: now / 1000 };
    try {
      const message = { ...times, fc, ...(inference && { inf: inference }), ...(custom && { cus: custom }) };
      this.#publisher.publish(message, { timestamp });
      this.#messages += 1;
    } catch (error) {
      this.#tell("error", error as Error);
    }
  }

  #evaluate(inference: Inference | undefined): TriggeredEvent[] {
    if (inference === undefined) return [];
    return this.#triggers.flatMap((trigger) => {
      try {
        return trigger.evaluate(inference) ?? [];
      } catch (error) {
        this.#tell("error", error as Error);
        return [];
      }
    });
  }

  #triggered(event: Omit<PipelineEvent, "id" | "taskId">, taskId = "stream"): PipelineEvent {
    this.#eventsTriggered += 1;
    const { type, atMs } = event;
    const made = { ...event, taskId, id: this.#recorder?.record({ type, taskId, atMs }) };
    this.#tell("triggered", made);
    return made;
  }

  #send(accessUnit: AccessUnit): void {
    this.#left = accessUnit;
    this.#recorder?.write(accessUnit);
    this.#outputs.write(accessUnit);
  }

  /** In a turn of its own: what a listener throws is the application's. */
  #tell<Name extends keyof SeiPipelineEvents>(name: Name, ...args: SeiPipelineEvents[Name]): void {
    const isHeard = this.#emitter.listenerCount(name) > 0;
    const [first] = args;
    if (!isHeard && first instanceof Error) console.warn(`SeiPipeline: ${first.message}`);
    else queueMicrotask(() => this.#emitter.emit(name, ...(args as never)));
  }

  #forgetOld(nowMs: number): void {
    while ((this.#recent[0] ?? nowMs) < nowMs - 1000) this.#recent.shift();
  }

  #checkRunning(): void {
    if (!this.#isRunning) throw notRunning();
  }
}

function notRunning(): PipelineError {
  return new PipelineError("not-running", "The pipeline is not running: call start first.");
}
