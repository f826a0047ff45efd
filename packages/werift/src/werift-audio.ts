/// <reference lib="esnext.disposable" preserve="true" />
import type { AudioPacket } from "@inband/h264";
import { checkOptions } from "@inband/stream";
import { kindOf } from "@inband/wire";
import {
  MediaStream,
  MediaStreamTrack,
  type RTCPeerConnection,
  type RTCRtpTransceiver,
  RtpHeader,
  RtpPacket,
} from "werift";
import { ConnectError } from "./connect-error.ts";
import { sendingTransceiver } from "./sending-transceiver.ts";
import { guardTransports } from "./transport-guard.ts";
import type { WeriftVideo } from "./werift-video.ts";

/** Ticks of the RTP clock of Opus in a millisecond, whatever rate it was encoded at (RFC 7587 4.1). */
const ticksPerMs = 48;

/** Settings of a `WeriftAudio`. */
export interface WeriftAudioOptions {
  /**
   * The video that the sound goes with: players keep what is of one stream in step (RFC 8830, RFC 3550 6.5.1).
   *
   * @defaultValue none
   */
  readonly beside?: WeriftVideo;
}

/** Counts of a `WeriftAudio` since its construction. */
export interface WeriftAudioStats {
  /** Packets that were handed to the connections, each counted once however many peers there are. */
  readonly packets: number;
  /** Peers that the sound reaches at the moment. */
  readonly peers: number;
}

interface AudioPeer {
  readonly pc: RTCPeerConnection;
  readonly transceiver: RTCRtpTransceiver;
  readonly unsubscribe: (() => void)[];
  /** Releases the connection, and says why to whoever waits for it. */
  end(error: unknown): void;
  isConnected: boolean;
}

/**
 * The sound beside a video, as Opus packets, on its way to any number of werift peers (RFC 7587). It is passed on as it is:
 * write each packet when the picture of the same time is written, from which players know what belongs together.
 *
 * The connections need Opus: `peerConfig({ audio: true })`.
 *
 * @example
 * const video = new WeriftVideo();
 * const audio = new WeriftAudio({ beside: video });
 * const connected = Promise.all([video.connect(pc), audio.connect(pc)]);
 * await connectWhip(pc, { url, token });
 * await connected;
 * for await (const packet of source) {
 *   if (packet.kind === "video") video.write(packet);
 *   else audio.write(packet);
 * }
 */
export class WeriftAudio implements Disposable {
  /** What `connect` puts into a section. The packets do not pass through it. */
  readonly track: MediaStreamTrack = new MediaStreamTrack({ kind: "audio" });
  readonly #stream: MediaStream;
  readonly #peers = new Set<AudioPeer>();
  readonly #timestampOffset = crypto.getRandomValues(new Uint32Array(1))[0] as number;
  #sequenceNumber = (crypto.getRandomValues(new Uint16Array(1))[0] as number) >> 1;
  #packets = 0;
  #isClosed = false;

  /** @throws TypeError that names the option. */
  constructor(options: WeriftAudioOptions = {}) {
    checkOptions(options, new Set(["beside"] satisfies (keyof WeriftAudioOptions)[]));
    const { beside } = options;
    if (beside !== undefined && !(beside?.stream instanceof MediaStream)) {
      throw new TypeError(`beside: expected a WeriftVideo, got ${kindOf(beside)}`);
    }
    this.#stream = beside?.stream ?? new MediaStream([this.track]);
  }

  /**
   * Sends the sound over a peer connection, as `WeriftVideo.connect` sends the video: it adds or takes an audio section at
   * once, inside the call, and resolves when the connection is established and carries Opus.
   *
   * Rejects with `ConnectError`: `declined` when the peer takes no Opus, otherwise when no connection is established; and
   * with the reason of `signal`.
   */
  connect(pc: RTCPeerConnection, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const connected = this.#connect(pc, options.signal);
    // Callers signal the offer before they wait: one that fails meanwhile must not end the process.
    connected.catch(() => {});
    return connected;
  }

  /**
   * Sends one packet to every peer that is connected.
   *
   * @throws TypeError for anything but a packet of Opus.
   */
  write(packet: AudioPacket): void {
    if (packet?.kind !== "audio" || packet.codec !== "opus") {
      throw new TypeError(
        `packet: expected one of Opus, got ${packet?.kind === "audio" ? packet.codec : kindOf(packet)}`,
      );
    }
    if (this.#isClosed) return;
    const { data, timestamp } = packet;
    const rtp = new RtpPacket(
      new RtpHeader({
        sequenceNumber: this.#sequenceNumber,
        timestamp: (this.#timestampOffset + Math.round((timestamp * ticksPerMs) / 1000)) >>> 0,
        // The first packet of a talkspurt (RFC 7587 4.1): the sound is one.
        marker: this.#packets === 0,
      }),
      Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    );
    let isSent = false;
    for (const peer of this.#peers) {
      if (!flows(peer)) continue;
      isSent = true;
      peer.transceiver.sender.sendRtp(rtp).catch(() => {});
    }
    if (!isSent) return;
    this.#packets += 1;
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
  }

  stats(): WeriftAudioStats {
    return { packets: this.#packets, peers: [...this.#peers].filter(flows).length };
  }

  /** Ends the sound. The connections stay open. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const peer of [...this.#peers]) peer.end(new ConnectError("closed", "the audio was closed"));
    this.track.stop();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #connect(pc: RTCPeerConnection, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (typeof pc?.addTransceiver !== "function") {
        throw new TypeError(`pc: expected an RTCPeerConnection of werift, got ${kindOf(pc)}`);
      }
      if (this.#isClosed) throw new ConnectError("closed", "the audio is closed");
      for (const peer of this.#peers) {
        if (peer.pc === pc) throw new TypeError("connect: this peer connection carries the audio already");
      }
      signal?.throwIfAborted();
      const transceiver = sendingTransceiver(pc, this.track, this.#stream, () => {});
      if (!transceiver) throw declined();
      const end = (error: unknown): void => {
        this.#release(peer);
        reject(error);
      };
      const peer: AudioPeer = { pc, transceiver, end, unsubscribe: [], isConnected: false };
      const look = (): void => {
        if (!this.#peers.has(peer)) return;
        const state = lookAt(peer);
        if (state instanceof Error) end(state);
        else if (state === "connected" && !peer.isConnected) {
          peer.isConnected = true;
          signal?.removeEventListener("abort", abort);
          resolve();
        }
      };
      const abort = (): void => end(signal?.reason);
      // werift changes the state first and applies the rest of the description after it.
      const later = (): void => void setImmediate(look);
      peer.unsubscribe.push(
        pc.signalingStateChange.subscribe(later).unSubscribe,
        pc.connectionStateChange.subscribe(later, later).unSubscribe,
        () => signal?.removeEventListener("abort", abort),
      );
      signal?.addEventListener("abort", abort, { once: true });
      this.#peers.add(peer);
      guardTransports(pc);
      later();
    });
  }

  #release(peer: AudioPeer): void {
    this.#peers.delete(peer);
    for (const unsubscribe of peer.unsubscribe.splice(0)) unsubscribe();
  }
}

function flows({ pc, transceiver, isConnected }: AudioPeer): boolean {
  return isConnected && pc.connectionState === "connected" && transceiver.sender.dtlsTransport.state === "connected";
}

function lookAt({ pc, transceiver }: AudioPeer): "connected" | "connecting" | Error {
  const { connectionState, signalingState } = pc;
  if (signalingState === "closed" || connectionState === "closed") {
    return new ConnectError("closed", "the peer connection was closed");
  }
  if (connectionState === "failed") return new ConnectError("failed", "the connection to the peer failed");
  if (signalingState !== "stable" || !pc.remoteDescription) return "connecting";
  const { sender, stopped, currentDirection } = transceiver;
  const sends = currentDirection === "sendonly" || currentDirection === "sendrecv";
  if (stopped || !sends || sender.codec?.mimeType.toLowerCase() !== "audio/opus") return declined();
  return connectionState === "connected" ? "connected" : "connecting";
}

function declined(): ConnectError {
  return new ConnectError("declined", "the peer takes no Opus: publish the video alone");
}
