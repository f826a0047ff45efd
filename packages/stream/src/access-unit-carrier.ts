/// <reference lib="esnext.disposable" preserve="true" />
import { type AccessUnit, insertSei, isVclNalUnit } from "@inband/h264";
import { rtpTimestamp } from "@inband/rtp";
import { checkOptions, kindOf } from "@inband/wire";
import {
  type AccessUnitCarrierOptions,
  type AccessUnitCarrierStats,
  accessUnitCarrierOptionNames,
} from "./access-unit-carrier-options.ts";
import { CarrierPublishers } from "./carrier-publishers.ts";
import type { CarrierStream } from "./carrier-stream.ts";
import { checkAccessUnit } from "./check-access-unit.ts";
import { catchRejection } from "./guarded-call.ts";
import { defaultKeyFrameIntervalMs, KeyFrameRequests } from "./key-frame-requests.ts";
import {
  type CarrierEvents,
  type CarrierLimits,
  defaultCarrierLimits,
  type OpenCarrier,
  type SeiCarrier,
} from "./sei-carrier.ts";
import { type ConnectEncoderOptions, type SteeredEncoder, SteeredEncoders } from "./steered-encoders.ts";

/** Shared by all access units that carry nothing. */
const noNals: readonly Uint8Array[] = [];

/**
 * One encoded H.264 stream on its way to anything that takes whole access units: messages go into them, and `send` takes
 * them on. Use it for a transport, a file or a server of your own; the carriers for werift and node-datachannel are made
 * of it.
 *
 * @example
 * ```ts
 * const file = new AccessUnitCarrier({ name: "file", send: ({ nalUnits }) => output.write(joinAnnexB(nalUnits)) });
 * publisher.attach(file);
 * file.write(accessUnit);
 * ```
 */
export class AccessUnitCarrier implements SeiCarrier, Disposable {
  readonly name: string;
  readonly limits: CarrierLimits;
  readonly #options: AccessUnitCarrierOptions;
  readonly #publishers: CarrierPublishers;
  readonly #stream: CarrierStream;
  readonly #encoders = new SteeredEncoders((thrown) => this.reportError(thrown));
  readonly #keyFrameRequests: KeyFrameRequests;
  readonly #timestampOffset = crypto.getRandomValues(new Uint32Array(1))[0] as number;
  #accessUnits = 0;
  #isClosed = false;

  /** @throws TypeError or RangeError that names the option. */
  constructor(options: AccessUnitCarrierOptions) {
    checkOptions(options, accessUnitCarrierOptionNames);
    const { name, send, keyFrameIntervalMs = defaultKeyFrameIntervalMs } = options ?? {};
    if (typeof name !== "string") throw new TypeError(`name: expected a string, got ${kindOf(name)}`);
    if (typeof send !== "function") throw new TypeError(`send: expected a function, got ${kindOf(send)}`);
    for (const hook of ["flows", "listens", "reached"] as const) {
      const given = options[hook];
      if (given !== undefined && typeof given !== "function") {
        throw new TypeError(`${hook}: expected a function, got ${kindOf(given)}`);
      }
    }
    if (!(keyFrameIntervalMs >= 0)) {
      throw new RangeError(`keyFrameIntervalMs: expected 0 or more, got ${kindOf(keyFrameIntervalMs)}`);
    }
    this.name = name;
    this.limits = options.limits ?? defaultCarrierLimits;
    this.#options = options;
    this.#publishers = new CarrierPublishers(this.limits, {
      ...(options.clock === undefined ? {} : { clock: options.clock }),
      ...(options.reached === undefined ? {} : { reached: options.reached }),
    });
    this.#stream = this.#publishers.stream(this.name);
    this.#keyFrameRequests = new KeyFrameRequests(() => {
      this.#encoders.requestKeyFrame();
      this.#publishers.keyFrameRequest();
    }, keyFrameIntervalMs);
  }

  /** Whether it was closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Sends one access unit with the messages that are due. Never throws and never waits; what fails is reported by the
   * publishers' `error` event, and the picture leaves without messages.
   */
  write(accessUnit: AccessUnit): void {
    if (this.#isClosed || !this.#flows()) return;
    const wrong = checkAccessUnit(accessUnit);
    if (wrong !== undefined) {
      this.reportError(wrong);
      return;
    }
    const rtpTimestamp = this.rtpTimestamp(accessUnit.timestamp);
    const carrying = this.#insert(accessUnit, rtpTimestamp);
    try {
      this.#send(carrying, rtpTimestamp);
      return;
    } catch (thrown) {
      this.#stream.rollback();
      this.reportError(thrown);
    }
    if (carrying === accessUnit) return;
    try {
      this.#send(accessUnit, rtpTimestamp);
    } catch {
      // Reported already.
    }
  }

  /** The RTP timestamp of an access unit with this timestamp in microseconds. */
  rtpTimestamp(timestamp: number): number {
    return rtpTimestamp(timestamp, this.#timestampOffset);
  }

  /** Lets receivers request key frames of this encoder, and lower its bitrate where `maxBitrate` is given. */
  connectEncoder(encoder: SteeredEncoder, options: ConnectEncoderOptions = {}): void {
    this.#encoders.add(encoder, options);
    if (this.#flows()) this.requestKeyFrame();
  }

  open(events: CarrierEvents, limits: CarrierLimits = this.limits): OpenCarrier {
    return this.#publishers.open(events, limits);
  }

  /** A receiver needs a key frame, or a new one has connected: tells encoders and publishers, many requests as one. */
  requestKeyFrame(): void {
    if (!this.#isClosed) this.#keyFrameRequests.request();
  }

  /** Receivers report what the link carries: tells encoders and publishers. What is no bitrate is an `error` of theirs. */
  reportBitrate(bitsPerSecond: number): void {
    if (!(Number.isFinite(bitsPerSecond) && bitsPerSecond > 0)) {
      this.reportError(new RangeError(`bitsPerSecond: expected a positive number, got ${kindOf(bitsPerSecond)}`));
      return;
    }
    this.#encoders.setBitrate(bitsPerSecond);
    this.#publishers.bitrate(bitsPerSecond);
  }

  /** Receivers were heard, or are gone: what the option `reached` says may be another. */
  review(): void {
    this.#publishers.review();
  }

  /** Tells the publishers of a failure. */
  reportError(thrown: unknown): void {
    this.#publishers.failed(thrown);
  }

  /** Counts since construction. */
  stats(): AccessUnitCarrierStats {
    return { accessUnits: this.#accessUnits, failures: this.#publishers.failures };
  }

  /** Ends the video and gives up the messages that wait. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#keyFrameRequests.clear();
    this.#publishers.close();
    this.#encoders.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #flows(): boolean {
    try {
      return this.#options.flows?.() ?? true;
    } catch (thrown) {
      this.reportError(thrown);
      return true;
    }
  }

  /** The access unit with what is due; as it was where that cannot be inserted. */
  #insert(accessUnit: AccessUnit, rtpTimestamp: number): AccessUnit {
    const { timestamp, isKeyFrame, nalUnits } = accessUnit;
    const number = this.#accessUnits + 1;
    try {
      const takesMessages = nalUnits.some(isVclNalUnit) && (this.#options.listens?.() ?? true);
      return insertSei(
        accessUnit,
        takesMessages ? this.#stream.take({ rtpTimestamp, timestamp, isKeyFrame, number }) : noNals,
      );
    } catch (thrown) {
      this.#stream.rollback();
      this.reportError(thrown);
      return accessUnit;
    }
  }

  #send(accessUnit: AccessUnit, rtpTimestamp: number): void {
    const result = this.#options.send(accessUnit, rtpTimestamp, this.#accessUnits + 1);
    if (result === "dropped") {
      this.#stream.rollback();
      return;
    }
    this.#accessUnits += 1;
    if (accessUnit.isKeyFrame) this.#keyFrameRequests.fulfilled();
    catchRejection(result, (thrown) => this.reportError(thrown));
    this.#stream.commit();
  }
}
