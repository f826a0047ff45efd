import { MediaStream, type RTCRtpTransceiver } from "werift";
import type { Session } from "../sessions/session.ts";
import type { TokenClaims } from "../token.ts";
import { ChannelRelay } from "./channel-relay.ts";
import { ForwardedTrack } from "./forwarded-track.ts";
import type { ForwardingCounts } from "./forwarding-counts.ts";
import { MessagePort } from "./message-port.ts";
import type { InitialLayer } from "./outgoing-track.ts";

/** Data channels of one session that get messages, where one does: each is another copy of all of them. */
const maxChannels = 4;

/**
 * What one participant publishes, and the sessions of those who receive it. It outlives the session of a publisher that
 * is gone where another one of the same participant takes its place.
 */
export class Publication {
  readonly subscribers: Set<Session> = new Set();
  #claims: TokenClaims;
  #session: Session;
  readonly #counts: ForwardingCounts;
  readonly #tracks: ForwardedTrack[] = [];
  /** Binds sound and picture for the subscribers' browsers. */
  readonly #stream = new MediaStream();
  #isClosed = false;
  #messages: MessagePort | undefined;
  #relay: ChannelRelay | undefined;

  constructor(claims: TokenClaims, session: Session, counts: ForwardingCounts) {
    this.#counts = counts;
    this.#claims = claims;
    this.#session = session;
    this.#follow(session);
  }

  get claims(): TokenClaims {
    return this.#claims;
  }

  /** That of the publisher at the moment. */
  get session(): Session {
    return this.#session;
  }

  /** Goes on with another session of the same participant; the one before ends. */
  async replace(claims: TokenClaims, session: Session): Promise<void> {
    const before = this.#session;
    this.#claims = claims;
    this.#session = session;
    for (const track of this.#tracks) track.leave();
    this.#follow(session);
    await before.close();
  }

  has(kind: "audio" | "video"): boolean {
    return this.#tracks.some((track) => track.kind === kind && track.hasSource);
  }

  /** Messages without the video, from the first call on; undefined where there is no video. */
  messages(): MessagePort | undefined {
    const video = this.#tracks.find(({ kind }) => kind === "video");
    if (video && !this.#isClosed) this.#messages ??= new MessagePort(video);
    return this.#messages;
  }

  /** Receives on the first audio and the first video section of the offer, and declines the others. */
  receive(transceivers: readonly RTCRtpTransceiver[]): void {
    for (const transceiver of transceivers) {
      const { kind, pendingRejection } = transceiver;
      const sends = transceiver.offerDirection === "recvonly" || transceiver.offerDirection === "sendrecv";
      if (pendingRejection || !sends || (kind !== "audio" && kind !== "video") || this.has(kind)) {
        transceiver.setDirection("inactive");
        continue;
      }
      transceiver.setDirection("recvonly");
      const known = this.#tracks.find((track) => track.kind === kind);
      if (known) known.takeOver(transceiver);
      else this.#tracks.push(new ForwardedTrack(transceiver, this.#counts));
    }
  }

  /**
   * Sends what is published to a subscriber, one track on each section of its offer, and the messages of the video alone
   * over the first data channels that it opens. Where the publisher has left while the offer was read, the subscriber's session
   * is closed and the result is false.
   */
  send(session: Session, transceivers: readonly RTCRtpTransceiver[], initialLayer: InitialLayer): boolean {
    if (this.#isClosed) {
      session.close().catch(() => {});
      return false;
    }
    const left = new Set(this.#tracks);
    for (const transceiver of transceivers) {
      const track = [...left].find(({ kind }) => kind === transceiver.kind);
      const receives = transceiver.offerDirection === "sendonly" || transceiver.offerDirection === "sendrecv";
      if (!track || !receives || transceiver.pendingRejection) {
        transceiver.setDirection("inactive");
        continue;
      }
      left.delete(track);
      transceiver.setDirection("sendonly");
      transceiver.sender.setStreams([this.#stream]);
      const outgoing = track.forwardTo(transceiver, initialLayer);
      session.sends(outgoing);
    }
    const video = this.#tracks.find(({ kind }) => kind === "video");
    let channels = 0;
    session.pc.onDataChannel.subscribe((channel) => {
      if (!video || this.#isClosed) return;
      channels += 1;
      if (channels > maxChannels) {
        channel.close();
        return;
      }
      this.#relay ??= new ChannelRelay(video);
      this.#relay.add(channel);
    });
    this.subscribers.add(session);
    session.onClosed(() => this.subscribers.delete(session));
    return true;
  }

  #follow(session: Session): void {
    session.onConnected(() => {
      if (this.subscribers.size > 0) for (const track of this.#tracks) track.requestKeyFrame();
    });
    session.onClosed(() => {
      if (this.#session === session) this.#close();
    });
  }

  #close(): void {
    this.#isClosed = true;
    // What waits in them leaves before those who read it end.
    for (const track of this.#tracks) track.leave();
    this.#messages?.close();
    this.#relay?.close();
    for (const track of this.#tracks) track.close();
    for (const subscriber of [...this.subscribers]) subscriber.close().catch(() => {});
  }
}
