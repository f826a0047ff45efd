import { NoH264Error } from "@inband/stream";
import {
  type Extension,
  type RTCPeerConnection,
  type RTCRtpTransceiver,
  RTP_EXTENSION_URI,
  type RtcpPacket,
  RtcpPayloadSpecificFeedback,
  RtcpRrPacket,
  RtcpTransportLayerFeedback,
  type RtpPacket,
  TransportWideCC,
} from "werift";
import { ConnectError } from "./connect-error.ts";
import { onKeyFrameRequest } from "./key-frame-feedback.ts";
import { negotiatedH264, negotiatedNack } from "./negotiated-h264.ts";
import { OlderNacks, type RepeatablePacket } from "./older-nacks.ts";
import type { PacketHistory } from "./packet-history.ts";
import { SentPackets } from "./sent-packets.ts";
import { SilenceWatch } from "./silence-watch.ts";
import { guardTransport, guardTransports } from "./transport-guard.ts";
import { sendNumbered } from "./werift-rtp-internals.ts";

/** FMT of application layer feedback, of which REMB is the one in use. */
const receiverEstimatedMaxBitrate = 15;

/** What a peer tells its video. */
export interface PeerEvents {
  /** The video may flow, and has not before. */
  connected(): void;
  keyFrameRequest(): void;
  bitrate(): void;
  /** The receiver reports packets as lost. `isBroken`: it shows no whole picture until the next key frame. */
  lost(packets: number, isBroken: boolean): void;
  /** Nothing comes from the peer any more. The connection stays, since the peer may come back. */
  silent(error: Error): void;
  /** Something comes again. */
  heard(): void;
  /** The receiver has reported that RTP has come, up to this sequence number. */
  received(sequenceNumber: number): void;
  /** The peer is gone, or was never reached. Called once, last of all; no error where this side closed the connection. */
  ended(error?: Error): void;
}

/** A packet for all peers, and what differs between them. */
export interface OutgoingPacket {
  readonly packet: RtpPacket;
  /** The Dependency Descriptor, for peers that agreed on it. */
  readonly descriptor: Buffer;
  /** Whether it is the first packet of a key frame. */
  readonly startsKeyFrame: boolean;
  /** Number of the access unit that it belongs to. */
  readonly accessUnit: number;
  /** Whether it is the first packet of that. */
  readonly isFirst: boolean;
}

const noExtensions: Extension[] = [];

/** One peer connection and the transceiver on it that sends the video. */
export class Peer {
  readonly pc: RTCPeerConnection;
  readonly #transceiver: RTCRtpTransceiver;
  readonly #events: PeerEvents;
  readonly #unsubscribe: (() => void)[] = [];
  #connected = false;
  /** Under which id this peer takes the Dependency Descriptor. */
  #descriptorId: number | undefined;
  #repairsLosses = false;
  readonly #sentPackets = new SentPackets();
  /** What has left to all peers. */
  readonly #history: PacketHistory<OutgoingPacket>;
  readonly #nacks: OlderNacks;
  #silence: SilenceWatch | undefined;
  /** The first access unit since which the peer has got every packet, and the last since which it was heard. */
  #since: number | undefined;
  #heardSince = 0;
  #ended = false;

  constructor(
    pc: RTCPeerConnection,
    transceiver: RTCRtpTransceiver,
    history: PacketHistory<OutgoingPacket>,
    events: PeerEvents,
  ) {
    this.pc = pc;
    this.#transceiver = transceiver;
    this.#history = history;
    this.#events = events;
    this.#nacks = new OlderNacks(transceiver, { find: (sequenceNumber) => this.#repeatable(sequenceNumber) });
    // werift changes the state first and applies the rest of the description after it.
    const check = (): void => void setImmediate(() => this.#check());
    const closed = (): void => this.end();
    this.#unsubscribe.push(
      pc.signalingStateChange.subscribe(check).unSubscribe,
      pc.connectionStateChange.subscribe(check, closed).unSubscribe,
    );
    guardTransports(pc);
    check();
  }

  /** Whether packets reach this peer at the moment. */
  get flows(): boolean {
    if (!this.#connected || this.pc.connectionState !== "connected") return false;
    return this.#transceiver.sender.dtlsTransport.state === "connected";
  }

  /** Whether the peer is there to read the messages, as far as is known. */
  get listens(): boolean {
    return this.flows && this.#silence?.isSilent === false;
  }

  /** Hands over one packet, at once. */
  send({ packet, descriptor, startsKeyFrame, accessUnit, isFirst }: OutgoingPacket): void {
    this.#since ??= isFirst ? accessUnit : accessUnit + 1;
    const { sender } = this.#transceiver;
    const id = this.#descriptorId;
    // The ids of extensions differ from peer to peer.
    packet.header.extensions = id === undefined ? noExtensions : [{ id, payload: descriptor }];
    const number = sendNumbered(sender, packet);
    if (number !== undefined) this.#sentPackets.add(number, startsKeyFrame);
    this.#nacks.left(packet.header.sequenceNumber);
  }

  /** A packet was not for this peer, which is not connected. */
  skip(): void {
    this.#since = undefined;
  }

  /** Whether it got these access units, first to last, and has been heard since; undefined while it may be. */
  reached(first: number, last: number): boolean | undefined {
    if (this.#since === undefined || this.#since > first) return false;
    if (this.#heardSince >= last) return true;
    return this.listens ? undefined : false;
  }

  /** It has been heard since it got this access unit. */
  heardSince(accessUnit: number): void {
    if (accessUnit > this.#heardSince) this.#heardSince = accessUnit;
  }

  /** Resolves to whether it answers a question that is put to it now. */
  answers(): Promise<boolean> {
    return guardTransport(this.#transceiver.sender.dtlsTransport).answers();
  }

  /** The receiver's last estimate (REMB) in bits per second; 0 where there is none. */
  get bitrate(): number {
    return Number(this.#transceiver.sender.receiverEstimatedMaxBitrate);
  }

  /** Releases the connection, which stays open. */
  release(): void {
    this.#ended = true;
    this.#silence?.stop();
    this.#nacks.close();
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  /** Ends it and says why. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.release();
    this.#events.ended(error);
  }

  #check(): void {
    if (this.#ended) return;
    const { connectionState } = this.pc;
    guardTransports(this.pc);
    if (this.pc.signalingState === "closed" || connectionState === "closed") {
      this.end();
      return;
    }
    const verdict = negotiatedH264(this.pc, this.#transceiver);
    if (verdict === true) {
      this.#descriptorId = this.#extensionId(RTP_EXTENSION_URI.dependencyDescriptor);
      this.#repairsLosses = negotiatedNack(this.pc, this.#transceiver);
    }
    if (verdict instanceof NoH264Error) {
      this.end(verdict);
    } else if (connectionState === "failed") {
      this.end(
        new ConnectError(
          "failed",
          this.#connected
            ? "the connection to the peer is lost: it has not answered for 30 seconds"
            : "the connection to the peer failed: no ICE or DTLS connection came about",
        ),
      );
    } else if (verdict === true && connectionState === "connected" && !this.#connected) {
      this.#connected = true;
      this.#listen();
      this.#events.connected();
    }
  }

  #extensionId(wanted: string): number | undefined {
    return this.#transceiver.headerExtensions.find(({ uri }) => uri === wanted)?.id;
  }

  #listen(): void {
    const { sender } = this.#transceiver;
    this.#silence = new SilenceWatch(() => [guardTransport(sender.dtlsTransport)], {
      silent: () => {
        this.#events.silent(
          new ConnectError("silent", "nothing has come from the peer for 5 seconds: messages wait until it is back"),
        );
      },
      heard: () => this.#events.heard(),
    });
    this.#unsubscribe.push(
      onKeyFrameRequest(sender, () => this.#events.keyFrameRequest()),
      // A report covers all streams of the transport, and werift gives it to one of their senders.
      sender.dtlsTransport.onRtcp.subscribe((packet) => this.#readReport(packet)).unSubscribe,
      // A browser that leaves closes DTLS; werift leaves the peer connection as it is.
      sender.dtlsTransport.onStateChange.subscribe((state) => {
        if (state !== "closed" && state !== "failed") return;
        const isOurs = this.pc.signalingState === "closed";
        this.end(isOurs ? undefined : new ConnectError("closed", "the peer has closed the connection"));
      }).unSubscribe,
      sender.onRtcp.subscribe((packet) => {
        if (packet instanceof RtcpRrPacket) this.#readReception(packet);
        if (!(packet instanceof RtcpPayloadSpecificFeedback)) return;
        if (packet.feedback?.count === receiverEstimatedMaxBitrate) this.#events.bitrate();
      }).unSubscribe,
    );
  }

  #readReception({ reports }: RtcpRrPacket): void {
    const report = reports.find(({ ssrc }) => ssrc === this.#transceiver.sender.ssrc);
    if (report !== undefined) this.#events.received(report.highestSequence & 0xffff);
  }

  #repeatable(sequenceNumber: number): RepeatablePacket | undefined {
    const known = this.#history.get(sequenceNumber);
    if (!known) return undefined;
    const { header, payload } = known.packet;
    const id = this.#descriptorId;
    const descriptor = id === undefined ? undefined : { id, payload: known.descriptor };
    return { timestamp: header.timestamp, marker: header.marker, payload, descriptor };
  }

  #readReport(packet: RtcpPacket): void {
    if (!(packet instanceof RtcpTransportLayerFeedback) || !(packet.feedback instanceof TransportWideCC)) return;
    const { lost, breaksPicture } = this.#sentPackets.read(packet.feedback);
    if (lost > 0) this.#events.lost(lost, breaksPicture && !this.#repairsLosses);
  }
}
