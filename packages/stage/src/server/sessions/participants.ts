import { peerConfig } from "@inband/werift";
import { RTCPeerConnection, type RTCPeerConnectionConfig, useRepairedRtpStreamId, useSdesRTPStreamId } from "werift";
import { ForwardingCounts } from "../forwarding/forwarding-counts.ts";
import type { MessagePort } from "../forwarding/message-port.ts";
import type { InitialLayer } from "../forwarding/outgoing-track.ts";
import { Publication } from "../forwarding/publication.ts";
import { StageError } from "../stage-error.ts";
import type { StageLogger, StageOptions } from "../stage-options.ts";
import type { TokenClaims } from "../token.ts";
import type { Offer } from "./offer.ts";
import type { Participant } from "./participant.ts";
import { type Member, type Presence, Roster } from "./roster.ts";
import { Session } from "./session.ts";

/** Subscriptions of one participant that have not connected yet: one for each publisher of a full stage. */
const maxPending = 12;

/** A session that was opened for an offer, and the SDP answer to it. */
export interface AnsweredOffer {
  readonly session: Session;
  readonly answer: string;
}

/** The participants of a stage, within its limits: who is there, what they publish, and who receives it. */
export class Participants {
  readonly counts: ForwardingCounts = new ForwardingCounts();
  readonly #maxPublishers: number;
  readonly #maxSubscriptions: number;
  readonly #maxPerParticipant: number;
  readonly #maxParticipants: number;
  readonly #logger: StageLogger | undefined;
  readonly #roster = new Roster(() => this.#changed());
  readonly #publications = new Map<string, Publication>();
  readonly #sessions = new Map<string, Session>();
  readonly #listeners = new Set<() => void>();
  #isClosed = false;

  /** @throws RangeError for a limit that is not a positive integer. */
  constructor(options: StageOptions) {
    this.#maxPublishers = count(options.maxPublishers ?? 12, "maxPublishers");
    this.#maxSubscriptions = count(options.maxSubscriptions ?? 60, "maxSubscriptions");
    this.#maxPerParticipant = count(
      options.maxSubscriptionsPerParticipant ?? Math.ceil(this.#maxSubscriptions / 2),
      "maxSubscriptionsPerParticipant",
    );
    this.#maxParticipants = count(options.maxParticipants ?? 200, "maxParticipants");
    this.#logger = options.logger;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The session with an id, while it lasts. */
  session(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  /** All who are on the stage. */
  list(): Participant[] {
    return this.#roster.members().map((member) => this.#describe(member));
  }

  /** Calls a listener whenever something in the list may have changed, often several times in a row. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Whether one more participant may come, or this one is there already. */
  hasPlace(participantId: string): boolean {
    return this.#roster.has(participantId) || this.#roster.size < this.#maxParticipants;
  }

  /** Counts a participant in who has joined without media, until what is returned is called. */
  enter(claims: TokenClaims, presence: Presence): () => void {
    return this.#roster.enter(claims, presence);
  }

  /** What a participant says of its own sound and picture. */
  setState(participantId: string, state: { readonly audioMuted?: boolean; readonly videoStopped?: boolean }): void {
    this.#roster.setState(participantId, state);
  }

  /** Takes over what another token of a participant says, and ends what it does not allow any more. */
  async exchange(claims: TokenClaims): Promise<void> {
    const { participantId } = claims;
    this.#roster.setClaims(claims);
    const published = this.#publications.get(participantId)?.session;
    const ends = [...this.#sessions.values()].filter(
      (session) =>
        session.participantId === participantId && (session === published ? !claims.canPublish : !claims.canSubscribe),
    );
    await Promise.all(ends.map((session) => session.close()));
  }

  /** Ends all that a participant has on the stage. */
  kick(participantId: string): void {
    this.#roster.end(participantId, "kicked");
  }

  /**
   * Takes the offer of a participant who publishes.
   *
   * @throws StageError where the participant publishes already, there are too many publishers, or the offer does not do.
   */
  async publish(claims: TokenClaims, offer: Offer): Promise<AnsweredOffer> {
    const { participantId } = claims;
    if (await this.#publications.get(participantId)?.session.answers()) {
      throw new StageError(409, "already-publishing", "the participant publishes already");
    }
    // Of two offers that waited for an answer at the same time, the later one finds the publication of the first.
    const before = this.#publications.get(participantId);
    this.#dropSilent();
    if (!before && this.#publications.size >= this.#maxPublishers) {
      throw new StageError(403, "too-many-publishers", `the stage takes ${this.#maxPublishers} publishers at once`);
    }
    if (offer.hasVideoWithoutSsrc) {
      throw new StageError(400, "no-ssrc", "the video section of the offer names no SSRC and no simulcast layers");
    }
    const session = this.#open(claims, publisherConfig());
    // A page that was reloaded, or a process that was started again, returns before its old connection has timed out.
    const publication = before ?? new Publication(claims, session, this.counts);
    before?.replace(claims, session).catch(() => {});
    this.#publications.set(participantId, publication);
    session.onClosed(() => {
      const isCurrent = publication.session === session;
      if (isCurrent && this.#publications.get(participantId) === publication) this.#publications.delete(participantId);
      this.#logger?.info(
        isCurrent ? `participant ${participantId} stopped publishing` : `participant ${participantId} publishes anew`,
      );
    });
    const answer = await session.answer(offer.sdp, (transceivers) => publication.receive(transceivers));
    this.#logger?.info(`participant ${participantId} publishes`);
    return { session, answer };
  }

  /**
   * Takes an offer to receive a publisher.
   *
   * @throws StageError where the publisher is not there, there are too many subscriptions, or the offer does not do.
   */
  async subscribe(
    publisherId: string,
    claims: TokenClaims,
    offer: Offer,
    initialLayer: InitialLayer,
  ): Promise<AnsweredOffer> {
    const { participantId } = claims;
    const publication = this.#publications.get(publisherId);
    // A publisher knows that it is connected a little before the stage does, and may tell others at once.
    await publication?.session.settled();
    if (!publication?.session.isAlive) throw notPublishing();
    if (this.#sessions.size - this.#publications.size >= this.#maxSubscriptions) {
      throw tooManySubscriptions(`${this.#maxSubscriptions} subscriptions at once`);
    }
    this.#checkShare(participantId);
    const session = this.#open(claims, peerConfig({ audio: true, loopback: true }));
    const answer = await session.answer(offer.sdp, (transceivers) => {
      if (!publication.send(session, transceivers, initialLayer)) throw notPublishing();
    });
    this.#logger?.info(`participant ${participantId} receives ${publisherId}`);
    return { session, answer };
  }

  /**
   * The messages of what a participant publishes.
   *
   * @throws StageError where the participant does not publish video.
   */
  messages(participantId: string): MessagePort {
    const publication = this.#publications.get(participantId);
    if (!publication?.session.isAlive) throw notPublishing();
    const messages = publication.messages();
    if (!messages)
      throw new StageError(409, "no-video", "this participant publishes no video that could carry messages");
    return messages;
  }

  /** Sessions at the moment, of those who publish and of those who receive. */
  get sessions(): { readonly publish: number; readonly subscribe: number } {
    const publish = this.#publications.size;
    return { publish, subscribe: this.#sessions.size - publish };
  }

  /** Ends all sessions. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#roster.endAll("stage-closed");
    await Promise.all([...this.#sessions.values()].map((session) => session.close()));
  }

  /** Refuses a participant who has its share of the subscriptions. */
  #checkShare(participantId: string): void {
    const published = this.#publications.get(participantId)?.session;
    const own = [...this.#sessions.values()].filter(
      (session) => session.participantId === participantId && session !== published,
    );
    if (own.length >= this.#maxPerParticipant) {
      throw tooManySubscriptions(`${this.#maxPerParticipant} subscriptions of one participant at once`);
    }
    if (own.filter(({ isConnected }) => !isConnected).length >= maxPending) {
      const message = `the stage takes ${maxPending} subscriptions of one participant that have not connected yet`;
      throw new StageError(429, "too-many-pending", message);
    }
  }

  /** Ends the sessions of silent publishers where places are short. */
  #dropSilent(): void {
    if (this.#publications.size < this.#maxPublishers) return;
    for (const { session } of [...this.#publications.values()]) if (session.isSilent) session.close().catch(() => {});
  }

  #open(claims: TokenClaims, config: RTCPeerConnectionConfig): Session {
    if (!this.hasPlace(claims.participantId)) {
      throw new StageError(
        403,
        "too-many-participants",
        `the stage takes ${this.#maxParticipants} participants at once`,
      );
    }
    const session = new Session(claims.participantId, new RTCPeerConnection(config));
    this.#sessions.set(session.id, session);
    const leave = this.#roster.enter(claims, {
      get isSilent() {
        return session.isSilent;
      },
      end: () => void session.close().catch(() => {}),
    });
    session.onChanged(() => this.#changed());
    session.onClosed(() => {
      this.#sessions.delete(session.id);
      leave();
    });
    return session;
  }

  #describe({ claims, audioMuted, videoStopped }: Member): Participant {
    const { participantId, userId, attributes } = claims;
    const publication = this.#publications.get(participantId);
    const isPublishing = publication?.session.isAlive ?? false;
    return {
      ...{ participantId, userId, attributes, isPublishing },
      hasAudio: publication?.has("audio") ?? false,
      hasVideo: publication?.has("video") ?? false,
      ...{ audioMuted, videoStopped },
      isConnected: publication ? isPublishing : true,
      subscribers: publication?.subscribers.size ?? 0,
    };
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** What receives a publisher: simulcast layers are told apart by these extensions (RFC 8852). */
function publisherConfig(): RTCPeerConnectionConfig {
  const config = peerConfig({ audio: true, loopback: true, transportCc: false });
  config.headerExtensions?.video?.push(useSdesRTPStreamId(), useRepairedRtpStreamId());
  return config;
}

function notPublishing(): StageError {
  return new StageError(404, "not-publishing", "this participant does not publish at the moment: try again later");
}

function tooManySubscriptions(limit: string): StageError {
  return new StageError(403, "too-many-subscriptions", `the stage takes ${limit}`);
}

function count(value: number, name: string): number {
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name}: expected a positive integer, got ${value}`);
  return value;
}
