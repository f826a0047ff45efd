import { isDeepStrictEqual } from "node:util";
import { WakeTimer } from "@inband/stream";
import type { Participant } from "./participant.ts";

/** What has become different in a list of participants. */
export interface ParticipantChange {
  readonly joined: readonly Participant[];
  readonly left: readonly Participant[];
  readonly updated: readonly Participant[];
  /** All who are there now. */
  readonly participants: readonly Participant[];
}

/** Changes that come within this time are told together. */
const togetherMs = 20;

/** Tells what changes in a list of participants. */
export class ParticipantWatch {
  readonly #list: () => readonly Participant[];
  readonly #tell: (change: ParticipantChange) => void;
  readonly #timer = new WakeTimer(() => this.#compare());
  #known = new Map<string, Participant>();

  constructor(list: () => readonly Participant[], tell: (change: ParticipantChange) => void) {
    this.#list = list;
    this.#tell = tell;
  }

  /** To be called when something may have changed. */
  touch(): void {
    this.#timer.after(togetherMs);
  }

  #compare(): void {
    const before = this.#known;
    const participants = this.#list();
    this.#known = new Map(participants.map((participant) => [participant.participantId, participant]));
    const isKnown = ({ participantId }: Participant): boolean => before.has(participantId);
    const joined = participants.filter((participant) => !isKnown(participant));
    const left = [...before.values()].filter(({ participantId }) => !this.#known.has(participantId));
    const updated = participants.filter(
      (participant) => isKnown(participant) && !isDeepStrictEqual(before.get(participant.participantId), participant),
    );
    if (joined.length + left.length + updated.length > 0) this.#tell({ joined, left, updated, participants });
  }
}
