import { videoClockRate } from "@inband/rtp";
import { checkOptions } from "@inband/stream";
import {
  type RTCPeerConnectionConfig,
  RTCRtpCodecParameters,
  useAbsSendTime,
  useDependencyDescriptor,
  useH264,
  useNACK,
  useOPUS,
  usePLI,
  useSdesMid,
  useTransportWideCC,
  useTWCC,
} from "werift";

/** What `peerConfig` may be asked for. */
export interface PeerConfigOptions {
  /**
   * Whether Opus is negotiated beside the video.
   *
   * @defaultValue false
   */
  readonly audio?: boolean;
  /**
   * Whether 127.0.0.1 is offered as an address too, for peers on the same machine.
   *
   * @defaultValue false
   */
  readonly loopback?: boolean;
  /**
   * Whether the Dependency Descriptor header extension is negotiated. It costs 3 bytes in a packet; with it Chromium
   * hands on the messages of each complete access unit after a lost one instead of waiting for a key frame. Peers that
   * do not know it leave it out of their answer.
   *
   * @defaultValue true
   */
  readonly dependencyDescriptor?: boolean;
  /**
   * Whether transport-cc is negotiated. Its reports tell a sender which packets were lost. Turn it off where a browser
   * sends to this peer: the arrival times that werift reports are up to 64 ms off, in which the browser sees congestion
   * and goes down to 30 kbit/s within 15 seconds; without them it goes by losses.
   *
   * @defaultValue true
   */
  readonly transportCc?: boolean;
}

const optionNames: ReadonlySet<string> = new Set([
  "audio",
  "loopback",
  "dependencyDescriptor",
  "transportCc",
] satisfies (keyof PeerConfigOptions)[]);

/** Payload type of H.264 in our offers; an answer takes over the payload types of the other side. */
const h264PayloadType = 96;
const rtxPayloadType = 97;
const opusPayloadType = 111;

/**
 * The configuration of a werift `RTCPeerConnection` that carries H.264 with messages: constrained baseline 3.1 in
 * packetization mode 1 with NACK, PLI, RTX, transport-cc and the Dependency Descriptor; no STUN server (werift's default is a public one) and no
 * IPv6. Spread it and add what else the connection needs. Each call gives fresh objects: werift writes into them.
 */
export function peerConfig(options: PeerConfigOptions = {}): RTCPeerConnectionConfig {
  checkOptions(options, optionNames);
  const transportCc = options.transportCc !== false;
  return {
    iceServers: [],
    iceUseIpv6: false,
    bundlePolicy: "max-bundle",
    ...(options.loopback ? { iceAdditionalHostAddresses: ["127.0.0.1"] } : {}),
    codecs: {
      video: [
        // The name is upper case: Chromium sends nothing to a peer that offers "h264".
        useH264({
          payloadType: h264PayloadType,
          parameters: "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1",
          rtcpFeedback: [useNACK(), usePLI(), ...(transportCc ? [useTWCC()] : [])],
        }),
        new RTCRtpCodecParameters({
          mimeType: "video/rtx",
          clockRate: videoClockRate,
          payloadType: rtxPayloadType,
          parameters: `apt=${h264PayloadType}`,
        }),
      ],
      audio: options.audio ? [useOPUS({ payloadType: opusPayloadType })] : [],
    },
    headerExtensions: {
      video: [
        useSdesMid(),
        useAbsSendTime(),
        ...(transportCc ? [useTransportWideCC()] : []),
        ...(options.dependencyDescriptor === false ? [] : [useDependencyDescriptor()]),
      ],
      audio: options.audio ? [useSdesMid(), ...(transportCc ? [useTransportWideCC()] : [])] : [],
    },
  };
}
