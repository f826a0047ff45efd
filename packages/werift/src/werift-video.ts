import type { AccessUnit } from "@inband/h264";
import { AccessUnitCarrier, checkOptions, KeyFrameRequests } from "@inband/stream";
import { kindOf } from "@inband/wire";
import { MediaStream, MediaStreamTrack, type RTCPeerConnection } from "werift";
import { ConnectError } from "./connect-error.ts";
import { DependencyDescriptors } from "./dependency-descriptors.ts";
import { KeyFrameRate } from "./key-frame-rate.ts";
import { refusedVideo } from "./negotiated-h264.ts";
import { Pacer } from "./pacer.ts";
import { PacketHistory } from "./packet-history.ts";
import { type OutgoingPacket, Peer } from "./peer.ts";
import { ReceiverAnswers } from "./receiver-answers.ts";
import { SeiH264Packetizer } from "./sei-h264-packetizer.ts";
import { sendingTransceiver } from "./sending-transceiver.ts";
import { type WeriftVideoOptions, type WeriftVideoStats, weriftVideoOptionNames } from "./werift-video-options.ts";

/** Packets of which is known what they carried when a receiver reports on them, a power of two: 15 s of 2 Mbit/s. */
const reportedPackets = 4096;

const connectOptionNames: ReadonlySet<string> = new Set(["signal"]);

/**
 * One encoded H.264 stream on its way to any number of werift peers: messages go into its access units, these into
 * packets, and the packets, paced, to every connection.
 *
 * Without a connected peer access units are ignored and messages wait. Closing the video leaves the connections open.
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
export class WeriftVideo extends AccessUnitCarrier {
  /**
   * What `connect` puts into a section, and what ends with the video. The packets do not pass through it: they go to
   * each connection with its own header extensions.
   */
  readonly track: MediaStreamTrack = new MediaStreamTrack({ kind: "video" });
  /**
   * The stream of the section, which its sound shares. libwebrtc takes the SSRC of RTX for a second track in a section
   * without one.
   */
  readonly stream: MediaStream = new MediaStream([this.track]);
  readonly #packetizer: SeiH264Packetizer;
  readonly #descriptors = new DependencyDescriptors();
  readonly #pacer: Pacer<OutgoingPacket>;
  readonly #history = new PacketHistory<OutgoingPacket>();
  readonly #keyFrameRate = new KeyFrameRate();
  /** For losses that no retransmission repairs. */
  readonly #lossRequests = new KeyFrameRequests(
    () => this.requestKeyFrame(),
    () => this.#keyFrameRate.intervalMs,
  );
  readonly #peers = new Set<Peer>();
  readonly #answers: ReceiverAnswers<Peer>;
  /** The last access unit all packets of which have gone to the peers. */
  #leftUpTo = 0;
  /** By sequence number modulo its size: that number, and the last access unit that is whole with the packet. */
  readonly #sequenceNumbers = new Uint16Array(reportedPackets);
  readonly #wholeWith = new Float64Array(reportedPackets);
  #droppedAccessUnits = 0;
  #packets = 0;
  #lostPackets = 0;

  /** @throws TypeError or RangeError that names the option. */
  constructor(options: WeriftVideoOptions = {}) {
    checkOptions(options, weriftVideoOptionNames);
    const { name = "werift", limits, maxPayloadBytes, packetsPerMs, keyFrameIntervalMs } = options;
    super({
      name,
      ...(limits === undefined ? {} : { limits }),
      ...(keyFrameIntervalMs === undefined ? {} : { keyFrameIntervalMs }),
      flows: () => this.#flows(),
      listens: () => this.#listens(),
      reached: (first, last) => this.#reached(first, last),
      send: (accessUnit, rtpTimestamp, number) => this.#send(accessUnit, rtpTimestamp, number),
    });
    this.#answers = new ReceiverAnswers({
      peers: () => [...this.#peers].filter((peer) => peer.listens),
      ask: (peer) => this.#ask(peer),
      review: () => this.review(),
    });
    this.#packetizer = new SeiH264Packetizer(maxPayloadBytes === undefined ? {} : { maxPayloadBytes });
    this.#pacer = new Pacer(
      (packet) => {
        this.#packets++;
        this.#history.add(packet.packet.header.sequenceNumber, packet);
        for (const peer of this.#peers) {
          if (peer.flows) peer.send(packet);
          else peer.skip();
        }
        if (packet.packet.header.marker) this.#leftUpTo = packet.accessUnit;
      },
      packetsPerMs === undefined ? {} : { packetsPerMs },
    );
  }

  /**
   * Sends the video over a peer connection. Call it before `createOffer`, or, when answering, between
   * `setRemoteDescription` and `createAnswer`: it adds or takes a video transceiver at once, inside the call, and
   * resolves when the connection is established and carries H.264 in packetization mode 1.
   *
   * Rejects with `NoH264Error` when the peer cannot take the video, with `ConnectError` when no connection is
   * established, and with the reason of `signal` when that aborts. A peer that closes the connection, is lost or
   * renegotiates H.264 away later is reported by the `error` event of the publishers, and so is one from which nothing has
   * come for 5 seconds (`ConnectError`): while no peer is heard messages wait, and the video goes on without them.
   */
  connect(pc: RTCPeerConnection, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const connected = this.#connect(pc, options);
    // Callers signal the offer before they wait: one that fails meanwhile must not end the process.
    connected.catch(() => {});
    return connected;
  }

  override stats(): WeriftVideoStats {
    return {
      ...super.stats(),
      droppedAccessUnits: this.#droppedAccessUnits,
      packets: this.#packets,
      lostPackets: this.#lostPackets,
      peers: [...this.#peers].filter((peer) => peer.flows).length,
    };
  }

  override close(): void {
    if (this.isClosed) return;
    super.close();
    this.#pacer.clear();
    this.#lossRequests.clear();
    this.#answers.close();
    for (const peer of [...this.#peers]) peer.end(new ConnectError("closed", "the video was closed"));
    this.track.stop();
  }

  #connect(pc: RTCPeerConnection, options: { readonly signal?: AbortSignal }): Promise<void> {
    return new Promise((resolve, reject) => {
      if (typeof pc?.addTransceiver !== "function") {
        throw new TypeError(`pc: expected an RTCPeerConnection of werift, got ${kindOf(pc)}`);
      }
      checkOptions(options, connectOptionNames);
      const { signal } = options;
      if (this.isClosed) throw new ConnectError("closed", "the video is closed");
      for (const peer of this.#peers) {
        if (peer.pc === pc) throw new TypeError("connect: this peer connection carries the video already");
      }
      signal?.throwIfAborted();
      const abort = (): void => {
        this.#release(peer);
        reject(signal?.reason);
      };
      let settled = false;
      const transceiver = sendingTransceiver(pc, this.track, this.stream, (error) => this.reportError(error));
      if (!transceiver) throw refusedVideo(pc);
      const peer = new Peer(pc, transceiver, this.#history, {
        connected: () => {
          settled = true;
          signal?.removeEventListener("abort", abort);
          this.requestKeyFrame();
          resolve();
        },
        keyFrameRequest: () => this.requestKeyFrame(),
        bitrate: () => this.#steer(),
        lost: (packets, isBroken) => {
          this.#lostPackets += packets;
          if (isBroken) this.#lossRequests.request();
        },
        received: (sequenceNumber) => this.#received(peer, sequenceNumber),
        silent: (error) => {
          this.reportError(error);
          this.review();
        },
        heard: () => this.requestKeyFrame(),
        ended: (error) => {
          this.#release(peer);
          this.review();
          signal?.removeEventListener("abort", abort);
          if (!settled) reject(error ?? new ConnectError("closed", "the peer connection was closed"));
          else if (error && !this.isClosed) this.reportError(error);
        },
      });
      this.#peers.add(peer);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  #send(accessUnit: AccessUnit, rtpTimestamp: number, number: number): "dropped" | undefined {
    const packets = this.#packetizer.packetizeAccessUnit(accessUnit, rtpTimestamp);
    if (packets.length === 0) return "dropped";
    // Spent like the sequence numbers where the access unit is dropped: receivers see the gap and wait for a key frame.
    const descriptors = this.#descriptors.next(accessUnit.isKeyFrame);
    if (!this.#pacer.accepts(packets.length)) {
      this.#droppedAccessUnits++;
      this.requestKeyFrame();
      return "dropped";
    }
    for (const { header } of packets) {
      const slot = header.sequenceNumber & (reportedPackets - 1);
      this.#sequenceNumbers[slot] = header.sequenceNumber;
      this.#wholeWith[slot] = header.marker ? number : number - 1;
    }
    this.#pacer.push(
      packets.map((packet, index) => ({
        packet,
        descriptor: descriptors.of(index, packets.length),
        startsKeyFrame: accessUnit.isKeyFrame && index === 0,
        accessUnit: number,
        isFirst: index === 0,
      })),
    );
    if (accessUnit.isKeyFrame) {
      this.#lossRequests.fulfilled();
      this.#keyFrameRate.left();
    }
    return undefined;
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

  /** Whether a peer that got these access units has been heard since; undefined while one may be. */
  #reached(first: number, last: number): boolean | undefined {
    // What waits in the pacer is still to leave.
    let mayBeHeard = last > this.#leftUpTo;
    for (const peer of this.#peers) {
      const isReached = peer.reached(first, last);
      if (isReached) return true;
      mayBeHeard ||= isReached === undefined;
    }
    if (!mayBeHeard) return false;
    this.#answers.want();
    return undefined;
  }

  async #ask(peer: Peer): Promise<boolean> {
    const leftUpTo = this.#leftUpTo;
    if (!(await peer.answers())) return false;
    peer.heardSince(leftUpTo);
    return true;
  }

  #received(peer: Peer, sequenceNumber: number): void {
    const slot = sequenceNumber & (reportedPackets - 1);
    if (this.#sequenceNumbers[slot] !== sequenceNumber) return;
    peer.heardSince(this.#wholeWith[slot] as number);
    this.review();
  }

  #release(peer: Peer): void {
    peer.release();
    this.#peers.delete(peer);
  }

  /** The slowest receiver decides: all get the same packets. */
  #steer(): void {
    const estimates = [...this.#peers].filter((peer) => peer.flows && peer.bitrate > 0).map((peer) => peer.bitrate);
    if (estimates.length > 0) this.reportBitrate(Math.min(...estimates));
  }
}
