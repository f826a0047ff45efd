import { type AccessUnit, joinAnnexB } from "@inband/h264";
import { readPayloadFeedback, videoClockRate } from "@inband/rtp";
import { AccessUnitCarrier, type CarrierLimits, checkOptions } from "@inband/stream";
import { kindOf } from "@inband/wire";
import {
  H264RtpPacketizer,
  PacingHandler,
  RtcpNackResponder,
  RtcpSrReporter,
  RtpPacketizationConfig,
  type Track,
} from "node-datachannel";

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
  /**
   * CNAME of the sender (RFC 3550 6.5.1), as given to `addSSRC`.
   *
   * @defaultValue `inband`
   */
  readonly cname?: string;
  /**
   * Names the carrier in receipts.
   *
   * @defaultValue `node-datachannel`
   */
  readonly name?: string;
  /**
   * What SEI may take.
   *
   * @defaultValue `defaultCarrierLimits`
   */
  readonly limits?: CarrierLimits;
  /**
   * Most bytes of an RTP payload.
   *
   * @defaultValue 1170
   */
  readonly maxPayloadBytes?: number;
  /**
   * How long one request for a key frame answers all others, in milliseconds.
   *
   * @defaultValue 100
   */
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

/** What the carrier needs of a track. */
type SendingTrack = Pick<Track, "type" | "isOpen" | "sendMessageBinary" | "setMediaHandler" | "onOpen" | "onMessage">;

/**
 * One encoded H.264 stream on its way over one track of node-datachannel: messages go into its access units, and these,
 * whole, to libdatachannel, which makes packets of them, paces them, repeats those that were lost and reports.
 *
 * While the track is not open access units are ignored and messages wait. Closing the carrier leaves the track open.
 */
export class NodeDataChannelCarrier extends AccessUnitCarrier {
  /** Use `nodeDataChannelCarrier`. */
  constructor(track: SendingTrack, options: NodeDataChannelCarrierOptions) {
    const { ssrc, payloadType, cname = "inband", maxPayloadBytes = defaultMaxPayloadBytes } = checked(track, options);
    const packetization = new RtpPacketizationConfig(ssrc, cname, payloadType, videoClockRate);
    super({
      name: options.name ?? "node-datachannel",
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      ...(options.keyFrameIntervalMs === undefined ? {} : { keyFrameIntervalMs: options.keyFrameIntervalMs }),
      flows: () => track.isOpen(),
      send({ nalUnits }: AccessUnit, rtpTimestamp: number) {
        const { buffer, byteOffset, byteLength } = joinAnnexB(nalUnits);
        packetization.timestamp = rtpTimestamp;
        track.sendMessageBinary(Buffer.from(buffer, byteOffset, byteLength));
      },
    });
    const packetizer = new H264RtpPacketizer("LongStartSequence", packetization, maxPayloadBytes);
    packetizer.addToChain(new RtcpSrReporter(packetization));
    packetizer.addToChain(new RtcpNackResponder());
    packetizer.addToChain(new PacingHandler(pacedBitsPerSecond, pacedEveryMs));
    track.setMediaHandler(packetizer);
    track.onOpen(() => this.requestKeyFrame());
    const visitor = {
      keyFrameRequest: () => this.requestKeyFrame(),
      bitrate: (bitsPerSecond: number) => this.reportBitrate(bitsPerSecond),
    };
    track.onMessage((packet) => {
      if (!this.isClosed) readPayloadFeedback(packet, ssrc, visitor);
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
 * @throws TypeError when the track is not one of video; RangeError for options out of range.
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

function checked(track: SendingTrack, options: NodeDataChannelCarrierOptions): NodeDataChannelCarrierOptions {
  if (typeof track?.setMediaHandler !== "function") {
    throw new TypeError(`track: expected a Track of node-datachannel, got ${kindOf(track)}`);
  }
  if (options === undefined) {
    throw new TypeError("options: expected an object with ssrc and payloadType, got undefined");
  }
  checkOptions(options, optionNames);
  const { ssrc, payloadType, maxPayloadBytes = defaultMaxPayloadBytes } = options;
  if (track.type() !== "video") throw new TypeError(`track: expected one of video, got one of ${track.type()}`);
  inRange("ssrc", ssrc, 1, 2 ** 32 - 1);
  inRange("payloadType", payloadType, 0, 127);
  inRange("maxPayloadBytes", maxPayloadBytes, 64, 65_000);
  return options;
}

function inRange(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new RangeError(`${name}: expected an integer from ${low} to ${high}, got ${value}`);
}
