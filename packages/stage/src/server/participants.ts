import { type PeerConfigOptions, peerConfig } from "@inband/werift";
import { RTCPeerConnection } from "werift";
import type { Offer } from "./offer.ts";
import type { Participant } from "./participant.ts";
import { Publication } from "./publication.ts";
import { Session } from "./session.ts";
import { StageError } from "./stage-error.ts";
import type { StageLogger, StageOptions } from "./stage-options.ts";
import type { TokenClaims } from "./token.ts";

/** Subscriptions of one participant that have not connected yet: one for each publisher of a full stage. */
const maxPending = 12;

/** A session that was opened for an offer, and the SDP answer to it. */
export interface AnsweredOffer {
  readonly session: Session;
  readonly answer: string;
}

/** The participants of a stage, within its limits: what they publish, and who receives it. */
export class Participants {
  readonly #maxPublishers: number;
  readonly #maxSubscriptions: number;
  readonly #maxPerParticipant: number;
  readonly #logger: StageLogger | undefined;
  readonly #publications = new Map<string, Publication>();
  readonly #sessions = new Map<string, Session>();
  #isClosed = false;

  /** @throws RangeError for a limit that is not a positive integer. */
  constructor(options: StageOptions) {
    this.#maxPublishers = count(options.maxPublishers ?? 12, "maxPublishers");
    this.#maxSubscriptions = count(options.maxSubscriptions ?? 60, "maxSubscriptions");
    this.#maxPerParticipant = count(
      options.maxSubscriptionsPerParticipant ?? Math.ceil(this.#maxSubscriptions / 2),
      "maxSubscriptionsPerParticipant",
    );
    this.#logger = options.logger;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The session with an id, while it lasts. */
  session(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  /** The participants who publish. */
  list(): Participant[] {
    const present = [...this.#publications.values()].filter(({ session }) => !session.isSilent);
    return present.map((publication) => ({
      participantId: publication.claims.participantId,
      userId: publication.claims.userId,
      attributes: publication.claims.attributes,
      hasAudio: publication.has("audio"),
      hasVideo: publication.has("video"),
      isConnected: publication.session.isAlive,
      subscribers: publication.subscribers.size,
    }));
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
      throw new StageError(429, "too-many-publishers", `the stage takes ${this.#maxPublishers} publishers at once`);
    }
    if (offer.hasVideoWithoutSsrc) {
      throw new StageError(400, "no-ssrc", "the video section of the offer names no SSRC: turn simulcast off");
    }
    const session = this.#open(participantId, { transportCc: false });
    // A page that was reloaded, or a process that was started again, returns before its old connection has timed out.
    const publication = before ?? new Publication(claims, session);
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
  async subscribe(publisherId: string, { participantId }: TokenClaims, offer: Offer): Promise<AnsweredOffer> {
    const publication = this.#publications.get(publisherId);
    // A publisher knows that it is connected a little before the stage does, and may tell others at once.
    await publication?.session.settled();
    if (!publication?.session.isAlive) throw notPublishing();
    if (this.#sessions.size - this.#publications.size >= this.#maxSubscriptions) {
      throw tooManySubscriptions(`${this.#maxSubscriptions} subscriptions at once`);
    }
    this.#checkShare(participantId);
    const session = this.#open(participantId);
    const answer = await session.answer(offer.sdp, (transceivers) => {
      if (!publication.send(session, transceivers)) throw notPublishing();
    });
    this.#logger?.info(`participant ${participantId} receives ${publisherId}`);
    return { session, answer };
  }

  /** Ends all sessions. */
  async close(): Promise<void> {
    this.#isClosed = true;
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

  #open(participantId: string, options: PeerConfigOptions = {}): Session {
    const config = peerConfig({ audio: true, loopback: true, ...options });
    const session = new Session(participantId, new RTCPeerConnection(config));
    this.#sessions.set(session.id, session);
    session.onClosed(() => this.#sessions.delete(session.id));
    return session;
  }
}

function notPublishing(): StageError {
  return new StageError(404, "not-publishing", "this participant does not publish at the moment: try again later");
}

function tooManySubscriptions(limit: string): StageError {
  return new StageError(429, "too-many-subscriptions", `the stage takes ${limit}`);
}

function count(value: number, name: string): number {
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name}: expected a positive integer, got ${value}`);
  return value;
}
