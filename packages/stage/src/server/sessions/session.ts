import { randomUUID } from "node:crypto";
import { guardTransports, SilenceWatch, sendCloseNotify } from "@inband/werift";
import type { RTCPeerConnection, RTCRtpTransceiver } from "werift";
import type { OutgoingTrack } from "../forwarding/outgoing-track.ts";
import { StageError } from "../stage-error.ts";

/** Time in which a client must connect after the answer, and come back after a break, in milliseconds. */
const connectWithinMs = 10_000;

/** Requests for a sign of life, one a second, before a client that answers none is taken for gone. */
const probes = 2;

/** One peer connection of one participant, from the answer on until either side leaves. */
export class Session {
  readonly id: string = randomUUID();
  /** The participant whose token opened it; only the same may close it. */
  readonly participantId: string;
  readonly pc: RTCPeerConnection;
  readonly #outgoing: OutgoingTrack[] = [];
  readonly #onConnected: (() => void)[] = [];
  readonly #onChanged: (() => void)[] = [];
  readonly #onClosed: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #silence: SilenceWatch | undefined;
  #closed = false;

  constructor(participantId: string, pc: RTCPeerConnection) {
    this.participantId = participantId;
    this.pc = pc;
    pc.connectionStateChange.subscribe(
      (state) => this.#changed(state),
      () => this.#end(),
    );
    this.#expect();
  }

  get isConnected(): boolean {
    return this.pc.connectionState === "connected";
  }

  /** Whether a client that was connected has not been heard for 5 seconds. It may come back within those of ICE. */
  get isSilent(): boolean {
    return this.#silence?.isSilent === true;
  }

  /**
   * Whether the client is connected and heard. One whose process ended without a word stays connected for the 30 seconds
   * of ICE consent (RFC 7675 5.1).
   */
  get isAlive(): boolean {
    return this.isConnected && !this.isSilent;
  }

  /** Asks the client for a sign of life. At once where it has gone already, 2 seconds at most. */
  async answers(): Promise<boolean> {
    for (let count = 0; count < probes && this.isAlive; count++) {
      const answers = await Promise.all(guardTransports(this.pc).map((guard) => guard.probe()));
      if (answers.includes(true)) return true;
    }
    return false;
  }

  /** Resolves when the connection stands, or when the session has ended without one. */
  settled(): Promise<void> {
    if (this.isConnected) return Promise.resolve();
    return new Promise((resolve) => {
      this.onConnected(resolve);
      this.onClosed(resolve);
    });
  }

  /** What it sends of the tracks of a publisher. */
  get outgoing(): readonly OutgoingTrack[] {
    return this.#outgoing;
  }

  /** Has it send a track of a publisher, to its end. */
  sends(outgoing: OutgoingTrack): void {
    this.#outgoing.push(outgoing);
    this.onConnected(() => outgoing.connected());
    this.onClosed(() => outgoing.close());
  }

  /** Called at each time that the connection comes about. */
  onConnected(listener: () => void): void {
    this.#onConnected.push(listener);
  }

  /** Called when it connects or breaks, falls silent or is heard again. */
  onChanged(listener: () => void): void {
    this.#onChanged.push(listener);
  }

  /** Called once, at the end; at once when that has been. */
  onClosed(listener: () => void): void {
    if (this.#closed) listener();
    else this.#onClosed.push(listener);
  }

  /**
   * Takes the offer, lets `prepare` arrange the transceivers, and gives the answer, which holds every candidate: the
   * protocol has no trickle. Closes the session and throws `StageError` when the offer cannot be used.
   */
  async answer(sdp: string, prepare: (transceivers: RTCRtpTransceiver[]) => void): Promise<string> {
    try {
      await this.pc.setRemoteDescription({ type: "offer", sdp });
      guardTransports(this.pc);
      prepare(this.pc.getTransceivers());
      await this.pc.setLocalDescription(await this.pc.createAnswer());
    } catch (error) {
      await this.close();
      if (error instanceof StageError) throw error;
      throw new StageError(400, "bad-offer", "the offer cannot be answered", { cause: error });
    }
    const { localDescription } = this.pc;
    if (this.#closed || !localDescription) throw new StageError(503, "closing", "the stage is closing");
    // werift ends the line of simulcast with a blank, which RFC 8853 5.1 does not allow.
    return localDescription.sdp.replace(/ +(?=\r?\n)/g, "");
  }

  /** Ends it and tells the client. */
  async close(): Promise<void> {
    this.#end();
    await sendCloseNotify(this.pc);
    await this.pc.close();
  }

  #changed(state: string): void {
    if (this.#closed) return;
    if (state === "connected") {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#listen();
      for (const listener of this.#onConnected) listener();
    } else if (state === "disconnected") {
      this.#expect();
    } else if (state === "failed" || state === "closed") {
      this.#leave();
    }
    this.#tellChange();
  }

  #tellChange(): void {
    for (const listener of this.#onChanged) listener();
  }

  #listen(): void {
    if (this.#silence) return;
    for (const transport of this.pc.dtlsTransports) {
      // A browser that leaves closes DTLS; werift leaves the peer connection as it is.
      transport.onStateChange.subscribe((state) => {
        if (state === "closed" || state === "failed") this.#leave();
      });
    }
    const changed = () => this.#tellChange();
    this.#silence = new SilenceWatch(() => guardTransports(this.pc), { silent: changed, heard: changed });
  }

  #expect(): void {
    this.#timer ??= setTimeout(() => this.#leave(), connectWithinMs);
  }

  #leave(): void {
    this.close().catch(() => {});
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#silence?.stop();
    for (const listener of this.#onClosed.splice(0)) listener();
  }
}
