/// <reference lib="esnext.disposable" preserve="true" />
import { randomInt } from "node:crypto";
import { type AccessUnit, isVclNalUnit } from "@inband/h264";
import { rtpTimestamp } from "@inband/rtp";
import { kindOf } from "@inband/wire";
import { MediaStream, MediaStreamTrack, type RTCPeerConnection, type RTCRtpTransceiver, type RtpPacket } from "werift";
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
import { NoH264Error } from "../no-h264-error.ts";
import { type ConnectEncoderOptions, type SteeredEncoder, SteeredEncoders } from "../steered-encoders.ts";
import { ConnectError } from "./connect-error.ts";
import { DependencyDescriptors } from "./dependency-descriptors.ts";
import { KeyFrameRate } from "./key-frame-rate.ts";
import { remoteVideoCodecs } from "./negotiated-h264.ts";
import { Pacer } from "./pacer.ts";
import { type OutgoingPacket, Peer } from "./peer.ts";
import { SeiH264Packetizer } from "./sei-h264-packetizer.ts";
import { type WeriftVideoOptions, type WeriftVideoStats, weriftVideoOptionNames } from "./werift-video-options.ts";

const connectOptionNames: ReadonlySet<string> = new Set(["signal"]);

/** Shared by all access units that carry nothing. */
const noNals: readonly Uint8Array[] = [];

/**
 * One encoded H.264 stream on its way to any number of werift peers: messages go into its access units, these into
 * packets, and the packets, paced, to every connection.
 *
 * Without a connected peer access units are let go and messages wait.
 *
 * @example
 * const video = new WeriftVideo();
 * publisher.attach(video);
 * const connected = video.connect(pc);
 * await connectWhip(pc, { url, token });
 * await connected;
 * video.connectEncoder(encoder);
 * video.write(accessUnit);
 */
export class WeriftVideo implements SeiCarrier, Disposable {
  readonly name: string;
  readonly limits: CarrierLimits;
  /**
   * What `connect` puts into a section, and what ends with the video. The packets do not pass through it: they go to
   * each connection with its own header extensions.
   */
  readonly track: MediaStreamTrack = new MediaStreamTrack({ kind: "video" });
  /** libwebrtc takes the SSRC of RTX for a second track in a section without a stream. */
  readonly #stream = new MediaStream([this.track]);
  readonly #timestampOffset = randomInt(2 ** 32);
  readonly #packetizer: SeiH264Packetizer;
  readonly #descriptors = new DependencyDescriptors();
  readonly #pacer: Pacer<OutgoingPacket>;
  readonly #keyFrameRequests: KeyFrameRequests;
  readonly #keyFrameRate = new KeyFrameRate();
  /** Of losses that no retransmission repairs. */
  readonly #lossRequests = new KeyFrameRequests(
    () => this.#keyFrameRequests.wish(),
    () => this.#keyFrameRate.intervalMs,
  );
  readonly #publishers: AttachedPublishers;
  readonly #peers = new Set<Peer>();
  readonly #encoders = new SteeredEncoders((thrown) => this.#publishers.failed(thrown));
  #accessUnits = 0;
  #droppedAccessUnits = 0;
  #packets = 0;
  #lostPackets = 0;
  #closed = false;

  /** @throws TypeError or RangeError that names the option. */
  constructor(options: WeriftVideoOptions = {}) {
    checkOptions(options, weriftVideoOptionNames);
    this.name = options.name ?? "werift";
    this.limits = options.limits ?? defaultCarrierLimits;
    checkLimits(this.limits);
    this.#publishers = new AttachedPublishers(this.name, this.limits);
    this.#packetizer = new SeiH264Packetizer(
      options.maxPayloadBytes === undefined ? {} : { maxPayloadBytes: options.maxPayloadBytes },
    );
    this.#pacer = new Pacer(
      (packet) => {
        this.#packets++;
        for (const peer of this.#peers) if (peer.flows) peer.send(packet);
      },
      options.packetsPerMs === undefined ? {} : { packetsPerMs: options.packetsPerMs },
    );
    this.#keyFrameRequests = new KeyFrameRequests(() => {
      this.#encoders.requestKeyFrame();
      this.#publishers.keyFrameRequest();
    }, options.keyFrameIntervalMs);
  }

  /**
   * Sends the video over a peer connection. Call it before `createOffer`, or, when answering, between
   * `setRemoteDescription` and `createAnswer`: it adds or takes a video transceiver at once, inside the call, and
   * resolves when the connection stands and carries H.264 in packetization mode 1.
   *
   * Rejects with `NoH264Error` when the peer cannot take the video, with `ConnectError` when no connection comes about,
   * and with the reason of `signal` when that aborts. A peer that closes the connection, is lost or renegotiates H.264
   * away later is reported by the `error` event of the publishers, and so is one from which nothing has come for 5
   * seconds (`ConnectError`): while no peer is heard messages wait, and the video goes on without them.
   */
  connect(pc: RTCPeerConnection, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const connected = this.#connect(pc, options);
    // Callers signal the offer before they wait: one that fails meanwhile must not end the process.
    connected.catch(() => {});
    return connected;
  }

  #connect(pc: RTCPeerConnection, options: { readonly signal?: AbortSignal }): Promise<void> {
    return new Promise((resolve, reject) => {
      if (typeof pc?.addTransceiver !== "function") {
        throw new TypeError(`pc: expected an RTCPeerConnection of werift, got ${kindOf(pc)}`);
      }
      checkOptions(options, connectOptionNames);
      const { signal } = options;
      if (this.#closed) throw new ConnectError("closed", "the video is closed");
      for (const peer of this.#peers) {
        if (peer.pc === pc) throw new TypeError("connect: this peer connection carries the video already");
      }
      signal?.throwIfAborted();
      const abort = (): void => {
        this.#release(peer);
        reject(signal?.reason);
      };
      let settled = false;
      const peer = new Peer(pc, this.#transceiver(pc), {
        connected: () => {
          settled = true;
          signal?.removeEventListener("abort", abort);
          this.#keyFrameRequests.wish();
          resolve();
        },
        keyFrameRequest: () => this.#keyFrameRequests.wish(),
        bitrate: () => this.#steer(),
        lost: (packets, isBroken) => {
          this.#lostPackets += packets;
          if (isBroken) this.#lossRequests.wish();
        },
        silent: (error) => this.#publishers.failed(error),
        heard: () => this.#keyFrameRequests.wish(),
        ended: (error) => {
          this.#release(peer);
          signal?.removeEventListener("abort", abort);
          if (!settled) reject(error ?? new ConnectError("closed", "the peer connection was closed"));
          else if (error && !this.#closed) this.#publishers.failed(error);
        },
      });
      this.#peers.add(peer);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  /**
   * Sends one access unit with the messages that are due. Never throws and never waits; what goes wrong is reported by
   * the publishers' `error` event, and the picture leaves without messages.
   */
  write(accessUnit: AccessUnit): void {
    if (this.#closed || !this.#flows()) return;
    const wrong = checkAccessUnit(accessUnit);
    if (wrong !== undefined) {
      this.#publishers.failed(wrong);
      return;
    }
    const packets = this.#packetize(accessUnit, this.rtpTimestamp(accessUnit.timestamp));
    if (packets.length === 0) {
      this.#publishers.rollback();
      return;
    }
    // Spent like the sequence numbers where the access unit is dropped: receivers see the gap and wait for a key frame.
    const descriptors = this.#descriptors.next(accessUnit.isKeyFrame);
    if (!this.#pacer.accepts(packets.length)) {
      this.#publishers.rollback();
      this.#droppedAccessUnits++;
      this.#keyFrameRequests.wish();
      return;
    }
    this.#pacer.push(
      packets.map((packet, index) => ({
        packet,
        descriptor: descriptors.of(index, packets.length),
        startsKeyFrame: accessUnit.isKeyFrame && index === 0,
      })),
    );
    this.#accessUnits++;
    if (accessUnit.isKeyFrame) {
      this.#keyFrameRequests.fulfilled();
      this.#lossRequests.fulfilled();
      this.#keyFrameRate.left();
    }
    this.#publishers.commit();
  }

  /** The RTP timestamp of an access unit with this timestamp in microseconds. */
  rtpTimestamp(timestamp: number): number {
    return rtpTimestamp(timestamp, this.#timestampOffset);
  }

  /** Lets receivers ask this encoder for key frames, and lower its bitrate where `maxBitrate` is given. */
  connectEncoder(encoder: SteeredEncoder, options: ConnectEncoderOptions = {}): void {
    this.#encoders.add(encoder, options);
    if (this.#flows()) this.#keyFrameRequests.wish();
  }

  open(events: CarrierEvents, limits: CarrierLimits = this.limits): OpenCarrier {
    return this.#publishers.open(events, limits);
  }

  /** Counts since construction. */
  stats(): WeriftVideoStats {
    return {
      accessUnits: this.#accessUnits,
      droppedAccessUnits: this.#droppedAccessUnits,
      packets: this.#packets,
      lostPackets: this.#lostPackets,
      failures: this.#publishers.failures,
      peers: [...this.#peers].filter((peer) => peer.flows).length,
    };
  }

  /** Ends the video and gives up the messages that wait. The peer connections stay open. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pacer.clear();
    this.#keyFrameRequests.clear();
    this.#lossRequests.clear();
    for (const peer of [...this.#peers]) peer.end(new ConnectError("closed", "the video was closed"));
    this.#publishers.close();
    this.#encoders.clear();
    this.track.stop();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #transceiver(pc: RTCPeerConnection): RTCRtpTransceiver {
    if (pc.signalingState !== "have-remote-offer") {
      return pc.addTransceiver(this.track, { direction: "sendonly", streams: [this.#stream] });
    }
    const video = pc.getTransceivers().filter(({ kind, stopped }) => kind === "video" && !stopped);
    const transceiver = video.find(
      ({ sender, offerDirection, pendingRejection }) =>
        !sender.track && !pendingRejection && (offerDirection === "sendonly" || offerDirection === "sendrecv"),
    );
    if (!transceiver) {
      const refused = video.length === 0 || video.some(({ pendingRejection }) => pendingRejection);
      throw new NoH264Error(refused ? "no-common-codec" : "not-received", remoteVideoCodecs(pc));
    }
    transceiver.sender.replaceTrack(this.track).catch((error: Error) => this.#publishers.failed(error));
    transceiver.sender.setStreams([this.#stream]);
    transceiver.setDirection(transceiver.offerDirection);
    return transceiver;
  }

  #flows(): boolean {
    for (const peer of this.#peers) if (peer.flows) return true;
    return false;
  }

  /** Whether a peer is heard, so that what is sent may arrive. */
  #listens(): boolean {
    for (const peer of this.#peers) if (peer.listens) return true;
    return false;
  }

  /** The packets of an access unit with the messages taken for it; without them where they cannot be inserted. */
  #packetize(accessUnit: AccessUnit, rtpTimestamp: number): readonly RtpPacket[] {
    const { timestamp, isKeyFrame } = accessUnit;
    try {
      const takesMessages = accessUnit.nalUnits.some(isVclNalUnit) && this.#listens();
      const nals = takesMessages ? this.#publishers.take({ rtpTimestamp, timestamp, isKeyFrame }) : noNals;
      return this.#packetizer.packetizeAccessUnit(accessUnit, rtpTimestamp, nals);
    } catch (error) {
      this.#publishers.rollback();
      this.#publishers.failed(error);
    }
    try {
      return this.#packetizer.packetizeAccessUnit(accessUnit, rtpTimestamp);
    } catch {
      return [];
    }
  }

  #release(peer: Peer): void {
    peer.release();
    this.#peers.delete(peer);
  }

  /** The slowest receiver decides: all get the same packets. */
  #steer(): void {
    const estimates = [...this.#peers].filter((peer) => peer.flows && peer.bitrate > 0).map((peer) => peer.bitrate);
    if (estimates.length === 0) return;
    const bitrate = Math.min(...estimates);
    this.#encoders.setBitrate(bitrate);
    this.#publishers.bitrate(bitrate);
  }
}
