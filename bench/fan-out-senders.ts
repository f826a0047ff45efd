import { setTimeout as sleep } from "node:timers/promises";
import { type AccessUnit, joinAnnexB, splitAnnexB } from "@inband/h264";
import { type NodeDataChannelCarrier, nodeDataChannelCarrier } from "@inband/node-datachannel";
import { SeiPublisher } from "@inband/publisher";
import { loopbackNativePeer, nativeOffer } from "@inband/rig/node-datachannel/peer";
import { loopbackPeer, offer } from "@inband/rig/werift/peer";
import { WeriftVideo } from "@inband/werift";
import {
  H264RtpPacketizer,
  PacingHandler,
  type PeerConnection,
  RtcpNackResponder,
  RtcpSrReporter,
  RtpPacketizationConfig,
  type Track,
  Video,
} from "node-datachannel";
import { H264Packetizer, MediaStreamTrack, type RTCPeerConnection } from "werift";
import type { Receivers } from "./fan-out-peers.ts";
import { value } from "./peers.ts";

const maxPayloadBytes = 1170;
const payloadType = 96;

/** One stream to any number of subscribers, with messages in it, and beside it one without. */
export interface FanOutSender extends AsyncDisposable {
  /** Connects one more subscriber, to both streams. */
  connect(receivers: Receivers): Promise<void>;
  /** Sends one access unit, with a new message. */
  write(unit: AccessUnit, index: number): void;
  writePlain(unit: AccessUnit): void;
  /** RTP packets of both streams to one subscriber. */
  packets(): number;
}

/** One `WeriftVideo`, beside it one track that werift's own packetizer fills. */
export class WeriftFanOut implements FanOutSender {
  readonly #publisher = new SeiPublisher();
  readonly #video = new WeriftVideo();
  readonly #track = new MediaStreamTrack({ kind: "video" });
  readonly #packetizer = new H264Packetizer({ maxPayloadSize: maxPayloadBytes, inputFormat: "annexb" });
  readonly #peers: RTCPeerConnection[] = [];
  #plainPackets = 0;

  constructor() {
    this.#publisher.attach(this.#video);
  }

  async connect(receivers: Receivers): Promise<void> {
    const pc = loopbackPeer();
    this.#peers.push(pc);
    const connected = this.#video.connect(pc);
    pc.addTransceiver(this.#track, { direction: "sendonly" });
    const { sdp: offered } = await offer(pc);
    const sdp = await receivers.answerTo(offered);
    await pc.setRemoteDescription({ type: "answer", sdp });
    await connected;
  }

  write(unit: AccessUnit, index: number): void {
    this.#publisher.publish(value(index)).sent.catch(() => undefined);
    this.#video.write(unit);
  }

  writePlain(unit: AccessUnit): void {
    const packets = this.#packetizer.packetize(annexBOf(unit), Math.round((unit.timestamp * 9) / 100));
    for (const packet of packets) this.#track.writeRtp(packet);
    this.#plainPackets += packets.length;
  }

  packets(): number {
    return this.#video.stats().packets + this.#plainPackets;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#publisher.close();
    this.#video.close();
    await Promise.all(this.#peers.map((pc) => pc.close()));
  }
}

/** A `nodeDataChannelCarrier` for each subscriber, beside it a track with the same media handlers. */
export class NodeDataChannelFanOut implements FanOutSender {
  readonly #publisher = new SeiPublisher();
  readonly #peers: PeerConnection[] = [];
  readonly #carriers: NodeDataChannelCarrier[] = [];
  readonly #plain: { readonly track: Track; readonly packetization: RtpPacketizationConfig }[] = [];
  #packets = 0;

  async connect(receivers: Receivers): Promise<void> {
    const pc = loopbackNativePeer("sender");
    this.#peers.push(pc);
    const ssrc = 2 * this.#peers.length;
    const track = addVideo(pc, "video", ssrc);
    const plain = addVideo(pc, "plain", ssrc + 1);
    const packetization = new RtpPacketizationConfig(ssrc + 1, "inband", payloadType, 90_000);
    const packetizer = new H264RtpPacketizer("LongStartSequence", packetization, maxPayloadBytes);
    packetizer.addToChain(new RtcpSrReporter(packetization));
    packetizer.addToChain(new RtcpNackResponder());
    packetizer.addToChain(new PacingHandler(192_000_000, 1));
    plain.setMediaHandler(packetizer);
    this.#plain.push({ track: plain, packetization });
    const carrier = nodeDataChannelCarrier(this.#carriers.length === 0 ? this.#counted(track) : track, {
      ssrc,
      payloadType,
    });
    this.#carriers.push(carrier);
    pc.setRemoteDescription(await receivers.answerTo(await nativeOffer(pc)), "answer");
    while (!track.isOpen() || !plain.isOpen()) await sleep(5);
    this.#publisher.attach(carrier);
  }

  write(unit: AccessUnit, index: number): void {
    this.#publisher.publish(value(index)).sent.catch(() => undefined);
    for (const carrier of this.#carriers) carrier.write(unit);
  }

  writePlain(unit: AccessUnit): void {
    const annexB = annexBOf(unit);
    const rtpTimestamp = Math.round((unit.timestamp * 9) / 100);
    for (const { track, packetization } of this.#plain) {
      packetization.timestamp = rtpTimestamp;
      track.sendMessageBinary(annexB);
    }
    this.#packets += packetsOf(annexB);
  }

  packets(): number {
    return this.#packets;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#publisher.close();
    for (const carrier of this.#carriers) carrier.close();
    for (const pc of this.#peers) pc.close();
  }

  /** libdatachannel does not tell how many packets it made. */
  #counted(track: Track): Parameters<typeof nodeDataChannelCarrier>[0] {
    return {
      type: () => track.type(),
      isOpen: () => track.isOpen(),
      setMediaHandler: (handler) => track.setMediaHandler(handler),
      onOpen: (listener) => track.onOpen(listener),
      onMessage: (listener) => track.onMessage(listener),
      sendMessageBinary: (annexB) => {
        this.#packets += packetsOf(annexB);
        return track.sendMessageBinary(annexB);
      },
    };
  }
}

function addVideo(pc: PeerConnection, mid: string, ssrc: number): Track {
  const description = new Video(mid, "SendOnly");
  description.addH264Codec(payloadType);
  description.addSSRC(ssrc, "inband", mid, mid);
  return pc.addTrack(description);
}

/**
 * Packets that libdatachannel makes of an access unit: one of each NAL unit, or fragments of one that are made equal and
 * then shortened by their two bytes of header, so that often one more is needed.
 */
function packetsOf(annexB: Uint8Array): number {
  let packets = 0;
  for (const { length } of splitAnnexB(annexB)) {
    const fragments = Math.ceil(length / maxPayloadBytes);
    packets += fragments === 1 ? 1 : Math.ceil((length - 1) / (Math.ceil(length / fragments) - 2));
  }
  return packets;
}

const joined = new WeakMap<Uint8Array, Buffer>();

/** The access unit as an encoder hands it out, made once. */
function annexBOf({ nalUnits }: AccessUnit): Buffer {
  const [slice = new Uint8Array(0)] = nalUnits.slice(-1);
  let annexB = joined.get(slice);
  if (!annexB) {
    annexB = Buffer.from(joinAnnexB(nalUnits).buffer);
    joined.set(slice, annexB);
  }
  return annexB;
}
