import type { TokenClaims } from "../token.ts";

/** Why the stage ends a presence. */
export type EndReason = "kicked" | "token-reused" | "stage-closed";

/** One of the connections by which a participant is on the stage: an events socket, or a session with media. */
export interface Presence {
  /** Whether nothing has come over it for 5 seconds. */
  readonly isSilent: boolean;
  end(reason: EndReason): void;
}

/** What participants say of their own sound and picture. */
export interface MediaState {
  readonly audioMuted: boolean;
  readonly videoStopped: boolean;
}

/** One who is on the stage. */
export interface Member extends MediaState {
  /** Of the newest token that it has shown. */
  readonly claims: TokenClaims;
}

interface Entry {
  claims: TokenClaims;
  state: MediaState;
  readonly presences: Set<Presence>;
}

const unmuted: MediaState = { audioMuted: false, videoStopped: false };

/** Who is on the stage: each participant for as long as it has a presence. */
export class Roster {
  readonly #entries = new Map<string, Entry>();
  readonly #changed: () => void;

  /** `changed`: called at each change; often. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(participantId: string): boolean {
    return this.#entries.has(participantId);
  }

  /** Those of whom something has been heard within 5 seconds, in the order in which they came. */
  members(): Member[] {
    return [...this.#entries.values()]
      .filter(({ presences }) => [...presences].some(({ isSilent }) => !isSilent))
      .map(({ claims, state }) => ({ claims, ...state }));
  }

  /** Counts a participant in by a presence, until what is returned is called. */
  enter(claims: TokenClaims, presence: Presence): () => void {
    const { participantId } = claims;
    const entry = this.#entries.get(participantId) ?? { claims, state: unmuted, presences: new Set<Presence>() };
    entry.claims = claims;
    entry.presences.add(presence);
    this.#entries.set(participantId, entry);
    this.#changed();
    return () => {
      if (!entry.presences.delete(presence)) return;
      if (entry.presences.size === 0) this.#entries.delete(participantId);
      this.#changed();
    };
  }

  setState(participantId: string, state: Partial<MediaState>): void {
    const entry = this.#entries.get(participantId);
    if (!entry) return;
    entry.state = { ...entry.state, ...state };
    this.#changed();
  }

  /** Replaces what the token of a participant says. Nothing happens where it is not on the stage. */
  setClaims(claims: TokenClaims): void {
    const entry = this.#entries.get(claims.participantId);
    if (!entry) return;
    entry.claims = claims;
    this.#changed();
  }

  /** Ends all presences of one participant. */
  end(participantId: string, reason: EndReason): void {
    for (const presence of [...(this.#entries.get(participantId)?.presences ?? [])]) presence.end(reason);
  }

  /** Ends all presences of all. */
  endAll(reason: EndReason): void {
    for (const participantId of [...this.#entries.keys()]) this.end(participantId, reason);
  }
}
