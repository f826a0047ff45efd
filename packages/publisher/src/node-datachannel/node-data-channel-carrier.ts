/// <reference lib="esnext.disposable" preserve="true" />
import { randomInt } from "node:crypto";
import { type AccessUnit, insertSei, isVclNalUnit, joinAnnexB } from "@inband/h264";
import { readPayloadFeedback, rtpTimestamp, videoClockRate } from "@inband/rtp";
import { kindOf } from "@inband/wire";
import type { Track } from "node-datachannel";
import {
  H264RtpPacketizer,
  PacingHandler,
  RtcpNackResponder,
  RtcpSrReporter,
  RtpPacketizationConfig,
} from "node-datachannel";
import { AttachedPublishers } from "../attached-publishers.ts";
import {
  type CarrierEvents,
  type CarrierLimits,
  defaultCarrierLimits,
  type OpenCarrier,
  type SeiCarrier,
} from "../carrier.ts";
import { checkAccessUnit } from "../check-access-unit.ts";
import { checkLimits, checkOptions } from "../check-options.ts";
import { KeyFrameRequests } from "../key-frame-requests.ts";
import { type ConnectEncoderOptions, type SteeredEncoder, SteeredEncoders } from "../steered-encoders.ts";

/** As `H264Payloader` has it: with all headers it stays below 1280 bytes. */
const defaultMaxPayloadBytes = 1170;
/** 20 packets of 1200 bytes in each millisecond: in one burst 63 % of an access unit of 300 KB is lost. */
const pacedBitsPerSecond = 192_000_000;
const pacedEveryMs = 1;

/** Settings of a `NodeDataChannelCarrier`. */
export interface NodeDataChannelCarrierOptions {
  /** The SSRC that the track's description was given with `addSSRC`. */
  readonly ssrc: number;
  /** Payload type of H.264, as given to `addH264Codec`; where the peer makes the offer, the one in its description. */
  readonly payloadType: number;
  /** CNAME of the sender (RFC 3550 6.5.1), as given to `addSSRC`. Default `inband`. */
  readonly cname?: string;
  /** Names the carrier in receipts. Default `node-datachannel`. */
  readonly name?: string;
  /** What SEI may take. Default `defaultCarrierLimits`. */
  readonly limits?: CarrierLimits;
  /** Most bytes of an RTP payload. Default 1170. */
  readonly maxPayloadBytes?: number;
  /** How long one request for a key frame answers all wishes for one, in milliseconds. Default 100. */
  readonly keyFrameIntervalMs?: number;
}

const optionNames: ReadonlySet<string> = new Set([
  "ssrc",
  "payloadType",
  "cname",
  "name",
  "limits",
  "maxPayloadBytes",
  "keyFrameIntervalMs",
] satisfies (keyof NodeDataChannelCarrierOptions)[]);

/** Counts of a `NodeDataChannelCarrier` since its construction. */
export interface NodeDataChannelCarrierStats {
  /** Access units that left. */
  readonly accessUnits: number;
  /** Access units that left without the messages of a publisher, or not at all, because something failed. */
  readonly failures: number;
}

/** What the carrier needs of a track. */
type SendingTrack = Pick<Track, "type" | "isOpen" | "sendMessageBinary" | "setMediaHandler" | "onOpen" | "onMessage">;

/**
 * One encoded H.264 stream on its way over one track of node-datachannel: messages go into its access units, and these,
 * whole, to libdatachannel, which makes packets of them, paces them, repeats those that were lost and reports.
 *
 * While the track is not open access units are let go and messages wait.
 */
export class NodeDataChannelCarrier implements SeiCarrier, Disposable {
  readonly name: string;
  readonly limits: CarrierLimits;
  readonly #track: SendingTrack;
  readonly #ssrc: number;
  readonly #packetization: RtpPacketizationConfig;
  readonly #publishers: AttachedPublishers;
  readonly #encoders = new SteeredEncoders((thrown) => this.#publishers.failed(thrown));
  readonly #keyFrameRequests: KeyFrameRequests;
  readonly #timestampOffset = randomInt(2 ** 32);
  #accessUnits = 0;
  #isClosed = false;

  /** Use `nodeDataChannelCarrier`. */
  constructor(track: SendingTrack, options: NodeDataChannelCarrierOptions) {
    if (typeof track?.setMediaHandler !== "function") {
      throw new TypeError(`track: expected a Track of node-datachannel, got ${kindOf(track)}`);
    }
    if (options === undefined)
      throw new TypeError("options: expected an object with ssrc and payloadType, got undefined");
    checkOptions(options, optionNames);
    const { ssrc, payloadType, cname = "inband", maxPayloadBytes = defaultMaxPayloadBytes } = options;
    if (track.type() !== "video") throw new TypeError(`track: messages ride in video, this one has ${track.type()}`);
    inRange("ssrc", ssrc, 1, 2 ** 32 - 1);
    inRange("payloadType", payloadType, 0, 127);
    inRange("maxPayloadBytes", maxPayloadBytes, 64, 65_000);
    this.name = options.name ?? "node-datachannel";
    this.limits = options.limits ?? defaultCarrierLimits;
    checkLimits(this.limits);
    this.#track = track;
    this.#ssrc = ssrc;
    this.#publishers = new AttachedPublishers(this.name, this.limits);
    this.#keyFrameRequests = new KeyFrameRequests(() => {
      this.#encoders.requestKeyFrame();
      this.#publishers.keyFrameRequest();
    }, options.keyFrameIntervalMs);
    this.#packetization = new RtpPacketizationConfig(ssrc, cname, payloadType, videoClockRate);
    const packetizer = new H264RtpPacketizer("LongStartSequence", this.#packetization, maxPayloadBytes);
    packetizer.addToChain(new RtcpSrReporter(this.#packetization));
    packetizer.addToChain(new RtcpNackResponder());
    packetizer.addToChain(new PacingHandler(pacedBitsPerSecond, pacedEveryMs));
    track.setMediaHandler(packetizer);
    track.onOpen(() => this.#requestKeyFrame());
    track.onMessage((packet) => this.#feedback(packet));
  }

  /**
   * Sends one access unit with the messages that are due. Never throws and never waits; what goes wrong is reported by
   * the publishers' `error` event, and the picture leaves without messages.
   */
  write(accessUnit: AccessUnit): void {
    if (this.#isClosed || !this.#track.isOpen()) return;
    const wrong = checkAccessUnit(accessUnit);
    if (wrong !== undefined) {
      this.#publishers.failed(wrong);
      return;
    }
    const rtpTimestamp = this.rtpTimestamp(accessUnit.timestamp);
    const { timestamp, isKeyFrame } = accessUnit;
    try {
      const isPicture = accessUnit.nalUnits.some(isVclNalUnit);
      const nals = isPicture ? this.#publishers.take({ rtpTimestamp, timestamp, isKeyFrame }) : [];
      this.#send(insertSei(accessUnit, nals), rtpTimestamp);
      this.#publishers.commit();
      return;
    } catch (error) {
      this.#publishers.rollback();
      this.#publishers.failed(error);
    }
    try {
      this.#send(accessUnit, rtpTimestamp);
    } catch {}
  }

  /** The RTP timestamp of an access unit with this timestamp in microseconds. */
  rtpTimestamp(timestamp: number): number {
    return rtpTimestamp(timestamp, this.#timestampOffset);
  }

  /** Lets the receiver ask this encoder for key frames, and lower its bitrate where `maxBitrate` is given. */
  connectEncoder(encoder: SteeredEncoder, options: ConnectEncoderOptions = {}): void {
    this.#encoders.add(encoder, options);
    if (this.#track.isOpen()) this.#requestKeyFrame();
  }

  open(events: CarrierEvents, limits: CarrierLimits = this.limits): OpenCarrier {
    return this.#publishers.open(events, limits);
  }

  /** Counts since construction. */
  stats(): NodeDataChannelCarrierStats {
    return { accessUnits: this.#accessUnits, failures: this.#publishers.failures };
  }

  /** Ends the video and gives up the messages that wait. The track stays open. Idempotent. */
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

  #send(accessUnit: AccessUnit, rtpTimestamp: number): void {
    const { buffer, byteOffset, byteLength } = joinAnnexB(accessUnit.nalUnits);
    this.#packetization.timestamp = rtpTimestamp;
    this.#track.sendMessageBinary(Buffer.from(buffer, byteOffset, byteLength));
    this.#accessUnits += 1;
    if (accessUnit.isKeyFrame) this.#keyFrameRequests.fulfilled();
  }

  #requestKeyFrame(): void {
    if (!this.#isClosed) this.#keyFrameRequests.wish();
  }

  #feedback(packet: Uint8Array): void {
    if (this.#isClosed) return;
    readPayloadFeedback(packet, this.#ssrc, {
      keyFrameRequest: () => this.#requestKeyFrame(),
      bitrate: (bitsPerSecond) => {
        this.#encoders.setBitrate(bitsPerSecond);
        this.#publishers.bitrate(bitsPerSecond);
      },
    });
  }
}

/**
 * Sends access units with messages inside over a track of node-datachannel. It takes the track's media handler, `onOpen`
 * and `onMessage`; the handler makes packets of H.264 and has sender reports, answers to NACK and pacing.
 *
 * Where the peer makes the offer, add the track before `setRemoteDescription`, with the `mid` and the payload type of the
 * section that it answers: node-datachannel answers by itself at once, and `setLocalDescription` must not be called again.
 *
 * @throws TypeError when the track is none of video; RangeError for options out of range.
 *
 * @example
 * ```ts
 * const description = new Video("video", "SendOnly");
 * description.addH264Codec(96);
 * description.addSSRC(ssrc, "inband", "stream", "track");
 * const video = nodeDataChannelCarrier(pc.addTrack(description), { ssrc, payloadType: 96 });
 * publisher.attach(video);
 * video.write(accessUnit);
 * ```
 */
export function nodeDataChannelCarrier(
  track: SendingTrack,
  options: NodeDataChannelCarrierOptions,
): NodeDataChannelCarrier {
  return new NodeDataChannelCarrier(track, options);
}

function inRange(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new RangeError(`${name}: expected an integer from ${low} to ${high}, got ${value}`);
}
