/// <reference lib="esnext.disposable" preserve="true" />
import { setTimeout as sleep } from "node:timers/promises";
import { type AccessUnit, joinAnnexB, NalUnitType, nalUnitType } from "@inband/h264";
import { AccessUnitCarrier } from "@inband/stream";
import { MediaError } from "../media-error.ts";
import { shownInput } from "../shown-input.ts";
import type { MuxedAccessUnit, Muxer } from "./muxer.ts";
import type { SinkOptions } from "./sink-options.ts";

/** A second of 50 Mbit/s and some: an output that is so far behind does not keep up. */
const maxWaitingBytes = 8 * 1024 * 1024;
/** What is left must reach the other side within this time. */
const finishWithinMs = 5_000;

/**
 * One encoded H.264 stream on its way into a file or to a server: messages go into its access units, and FFmpeg writes
 * them. Made by `openSink`.
 *
 * It begins with the first key frame; access units before it are dropped, and messages wait. An output that takes less
 * than it is given loses pictures up to the next key frame, which is an `error` of the publishers. One that fails ends:
 * `lost` aborts, and messages that wait are given up.
 */
export class MediaSink extends AccessUnitCarrier implements AsyncDisposable {
  /** Aborts when the output fails; its reason is the `MediaError`. */
  readonly lost: AbortSignal;
  readonly #lost = new AbortController();
  readonly #output: string;
  readonly #muxer: Muxer;
  readonly #connectWithinMs: number;
  readonly #waiting: MuxedAccessUnit[] = [];
  #waitingBytes = 0;
  #hasKeyFrame = false;
  #isBehind = false;
  #sets: { readonly sps: Uint8Array; readonly pps: readonly Uint8Array[] } | undefined;
  #pumping: Promise<void> = Promise.resolve();
  #isPumping = false;
  #finishing: Promise<void> | undefined;

  /** Use `openSink`. */
  constructor(
    output: string,
    muxer: Muxer,
    { name, limits, connectWithinMs }: SinkOptions & { connectWithinMs: number },
  ) {
    super({
      name: name ?? shownInput(output),
      ...(limits === undefined ? {} : { limits }),
      send: (accessUnit) => this.#take(accessUnit),
    });
    this.#output = output;
    this.#muxer = muxer;
    this.#connectWithinMs = connectWithinMs;
    this.lost = this.#lost.signal;
  }

  /**
   * Ends the stream in order: what was written reaches the other side or the file, which then is complete. Resolves when
   * it is closed.
   *
   * @throws MediaError `lost` when the output failed, `no-video` when no key frame was written.
   */
  async finish(): Promise<void> {
    this.close();
    await this.#finishing;
    this.lost.throwIfAborted();
    if (!this.#hasKeyFrame) {
      const message = `Nothing was written to "${shownInput(this.#output)}": no key frame came.`;
      throw new MediaError("no-video", message, { input: this.#output });
    }
  }

  /** As `finish`, without waiting for it. */
  override close(): void {
    super.close();
    this.#finishing ??= this.#finish();
  }

  /** As `finish`; never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#finishing;
  }

  #take(accessUnit: AccessUnit): "dropped" | undefined {
    const { nalUnits, timestamp, decodeTimestamp = timestamp, isKeyFrame } = accessUnit;
    if (this.lost.aborted) return "dropped";
    if (!this.#hasKeyFrame) {
      this.#sets = isKeyFrame ? parameterSets(nalUnits) : undefined;
      if (this.#sets === undefined) return "dropped";
      this.#hasKeyFrame = true;
    }
    if (this.#isBehind && !isKeyFrame) return "dropped";
    if (this.#waitingBytes > maxWaitingBytes) {
      if (!this.#isBehind) {
        const what = "takes less than it is given: pictures are dropped until the next key frame";
        this.reportError(this.#failure("behind", what));
        this.requestKeyFrame();
      }
      this.#isBehind = true;
      return "dropped";
    }
    this.#isBehind = false;
    const bytes = joinAnnexB(nalUnits);
    this.#waiting.push({ bytes, pts: timestamp, dts: decodeTimestamp, isKeyFrame });
    this.#waitingBytes += bytes.length;
    if (!this.#isPumping) this.#pumping = this.#pump();
    return undefined;
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    try {
      if (!this.#muxer.hasBegun && this.#sets !== undefined) {
        await this.#muxer.begin(this.#sets.sps, this.#sets.pps, this.#connectWithinMs);
      }
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        await this.#muxer.write(next);
        this.#waitingBytes -= next.bytes.length;
      }
    } catch (error) {
      this.#waiting.length = 0;
      this.#lost.abort(error);
      this.reportError(error);
      this.close();
    } finally {
      this.#isPumping = false;
    }
  }

  async #finish(): Promise<void> {
    const late = new AbortController();
    const ending = this.#end().catch((error: unknown) => this.#lost.abort(error));
    const limit = sleep(finishWithinMs, undefined, { signal: late.signal }).then(
      () => this.#lost.abort(this.#failure("lost", `has not taken the end of the stream within ${finishWithinMs} ms`)),
      () => undefined,
    );
    await Promise.race([ending, limit]);
    late.abort();
  }

  async #end(): Promise<void> {
    await this.#pumping;
    await (this.lost.aborted ? this.#muxer.abandon() : this.#muxer.end());
  }

  #failure(code: "behind" | "lost", what: string): MediaError {
    return new MediaError(code, `"${shownInput(this.#output)}" ${what}.`, { input: this.#output });
  }
}

function parameterSets(nalUnits: readonly Uint8Array[]): { sps: Uint8Array; pps: readonly Uint8Array[] } | undefined {
  const sps = nalUnits.find((nal) => nalUnitType(nal) === NalUnitType.Sps);
  const pps = nalUnits.filter((nal) => nalUnitType(nal) === NalUnitType.Pps);
  return sps === undefined || pps.length === 0 ? undefined : { sps, pps };
}
